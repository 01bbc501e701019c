package config

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	_ "embed"
)

// FirstFile is the name of the configuration FirstRun writes, and of the one
// read when none is named.
const FirstFile = "warmline.yaml"

// First is what FirstRun made up and a person has to be told.
type First struct {
	File   string
	Agents []FirstAgent
	APIKey string // kept nowhere else: the file has its SHA-256
}

// FirstAgent is how a phone logs in.
type FirstAgent struct{ ID, Name, Extension, Password string }

//go:embed first.yaml.tmpl
var firstText string

var firstTemplate = template.Must(template.New(FirstFile).Option("missingkey=error").Parse(firstText))

// FirstRun writes a first configuration into dir: three agents with random
// passwords, a queue, meet-me rooms and an operator's key for the API on the
// loopback address. Only its owner can read the file, and one that exists is
// never touched: the error is then fs.ErrExist.
func FirstRun(dir string) (*First, error) {
	first := &First{File: filepath.Join(dir, FirstFile), APIKey: random(32)}
	for i, name := range []string{"Alice Adams", "Bob Brown", "Carol Clark"} {
		first.Agents = append(first.Agents, FirstAgent{
			ID:        []string{"alice", "bob", "carol"}[i],
			Name:      name,
			Extension: fmt.Sprint(1001 + i),
			Password:  random(16),
		})
	}
	sum := sha256.Sum256([]byte(first.APIKey))
	var text bytes.Buffer
	err := firstTemplate.Execute(&text, map[string]any{
		"Agents": first.Agents, "KeySHA256": hex.EncodeToString(sum[:]),
	})
	if err != nil {
		return nil, err
	}
	if err := create(first.File, text.Bytes()); err != nil {
		return nil, err
	}
	return first, nil
}

// create writes a new file that nobody else may read. A file that could not be
// written whole is removed: half a configuration would be read the next time.
func create(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if syncErr := f.Sync(); err == nil {
		err = syncErr
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(path) // what failed before is what matters
	}
	return err
}

// random returns so many letters and digits, 5 bits each, that are hard to
// mistake for one another when typed into a phone.
func random(length int) string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return string(b)
}
