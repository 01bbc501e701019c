package config

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// isScalar reports whether a value of the type is written as one word.
func isScalar(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[Listen](), reflect.TypeFor[Ports](),
		reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.AddrPort](), reflect.TypeFor[netip.Prefix]():
		return true
	}
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Slice
}

// parse turns a word into a value of v's type. It is total over the types of
// Config: a test decodes every key.
func (d *decoder) parse(text string, v reflect.Value) error {
	var value any
	var err error
	switch v.Interface().(type) {
	case Secret:
		value, err = d.parseSecret(text)
	case Path:
		value = Path(d.resolve(text))
	case Listen:
		value, err = parseListen(text)
	case Ports:
		value, err = parsePorts(text)
	case netip.Addr:
		value, err = parseAddr(text)
	case netip.AddrPort:
		value, err = parseAddrPort(text)
	case netip.Prefix:
		value, err = parsePrefix(text)
	case time.Duration:
		value, err = parseDuration(text)
	case Days:
		value, err = parseDays(text)
	case bool:
		value, err = parseBool(text)
	case int:
		value, err = parseInt(text)
	case float64:
		value, err = parseFloat(text)
	case string:
		value = text
	default:
		err = fmt.Errorf("no value of %v can be written", v.Type())
	}
	if err != nil {
		return err
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		if _, err := strconv.Atoi(text); err == nil {
			return 0, fmt.Errorf("%q lacks a unit; did you mean %ss?", text, text)
		}
		return 0, fmt.Errorf("%q is no duration; write as 500ms, 20s, 5m or 1h30m", text)
	}
	return d, nil
}

func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", text)
	}
	return n, nil
}

func parseFloat(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is no number; write as 0.85", text)
	}
	return n, nil
}

// bound checks a value against the tags of its field.
func bound(f reflect.StructField, v reflect.Value) error {
	if words := strings.Fields(f.Tag.Get("one")); len(words) > 0 && v.Kind() == reflect.String && !slices.Contains(words, v.String()) {
		if near := nearest(v.String(), words); near != "" {
			return fmt.Errorf("%q is unknown; did you mean %q?", v.String(), near)
		}
		return fmt.Errorf("%q is unknown; use one of %s", v.String(), strings.Join(words, ", "))
	}
	least, ok := f.Tag.Lookup("min")
	if !ok {
		return nil
	}
	switch value := v.Interface().(type) {
	case time.Duration:
		if low, err := time.ParseDuration(least); err != nil || value < low {
			return fmt.Errorf("%v is too short; %s is the least", value, least)
		}
		if value > maxDuration {
			return fmt.Errorf("%v is too long; %v is the most", value, maxDuration)
		}
	case int:
		if low, err := strconv.Atoi(least); err != nil || value < low {
			return fmt.Errorf("%d is too few; %s is the least", value, least)
		}
	case float64:
		if low, err := strconv.ParseFloat(least, 64); err != nil || value < low {
			return fmt.Errorf("%v is too little; %s is the least", value, least)
		}
		most := f.Tag.Get("max")
		if high, err := strconv.ParseFloat(most, 64); err != nil || value > high {
			return fmt.Errorf("%v is too much; %s is the most", value, most)
		}
	default:
		return errors.New("no least value for this type")
	}
	return nil
}

// maxDuration is longer than any call and short enough that sums cannot overflow.
const maxDuration = 7 * 24 * time.Hour
