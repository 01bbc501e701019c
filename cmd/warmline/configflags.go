package main

import (
	"fmt"
	"strings"

	"warmline/internal/config"
)

// configFlags choose a configuration and override its keys.
type configFlags struct {
	Config     string   `short:"c" placeholder:"FILE" env:"WARMLINE_CONFIG" help:"Configuration file; default: ./warmline.yaml."`
	SIPListen  string   `name:"sip-listen" placeholder:"URI,..." help:"Overrides sip.listen."`
	HTTPListen string   `name:"http-listen" placeholder:"ADDRESS:PORT" help:"Overrides http.listen."`
	Data       string   `placeholder:"DIR" help:"Overrides data."`
	Set        []string `sep:"none" placeholder:"KEY=VALUE" help:"Overrides any key outside lists, as timers.wrap_up=5s; may be repeated. So does the environment: WARMLINE_TIMERS_WRAP_UP=5s."`
}

// file is the configuration to read.
func (f *configFlags) file() string {
	if f.Config == "" {
		return config.FirstFile
	}
	return f.Config
}

// load reads the configuration with everything that overrides it.
func (f *configFlags) load() (*config.Config, error) {
	flags, err := f.overrides()
	if err != nil {
		return nil, err
	}
	return config.Load(f.file(), config.Options{Flags: flags})
}

func (f *configFlags) overrides() ([]config.Override, error) {
	var all []config.Override
	for _, named := range []config.Override{
		{Path: "sip.listen", Value: f.SIPListen, Source: "--sip-listen"},
		{Path: "http.listen", Value: f.HTTPListen, Source: "--http-listen"},
		{Path: "data", Value: f.Data, Source: "--data"},
	} {
		if named.Value != "" {
			all = append(all, named)
		}
	}
	for _, set := range f.Set {
		path, value, ok := strings.Cut(set, "=")
		if !ok {
			return nil, fmt.Errorf("--set %s: write KEY=VALUE", set)
		}
		all = append(all, config.Override{Path: path, Value: value, Source: "--set " + path})
	}
	return all, nil
}
