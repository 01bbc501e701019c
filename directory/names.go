package directory

import "fmt"

// CheckID says what is wrong with the id of an agent, a queue or a trunk. Ids
// stand in SIP user parts, in paths of the HTTP API and in targets, so they
// are 1 to 64 letters, digits, "-", "_" and ".".
func CheckID(id string) error {
	if id == "" {
		return fmt.Errorf("id is missing")
	}
	if len(id) > 64 {
		return fmt.Errorf("id is longer than 64 characters")
	}
	for _, c := range id {
		if !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return fmt.Errorf("id %q: use letters, digits, \"-\", \"_\" and \".\" only", id)
		}
	}
	return nil
}

// CheckExtension says what is wrong with an extension: 1 to 32 digits, "*" and
// a leading "+". "#" is left out because it ends a number keyed in during a call.
func CheckExtension(ext string) error {
	if ext == "" || len(ext) > 32 {
		return fmt.Errorf("extension %q: use 1 to 32 digits", ext)
	}
	for i, c := range ext {
		if !isDigit(c) && c != '*' && (c != '+' || i > 0) {
			return fmt.Errorf("extension %q: use digits (and \"*\") only", ext)
		}
	}
	return nil
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

func isAlnum(c rune) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
