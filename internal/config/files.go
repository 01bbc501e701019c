package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds a configuration file: agents by the ten thousand fit.
const maxFile = 4 << 20

// maxSecret bounds a file: secret.
const maxSecret = 4096

// readLimited reads a file of at most limit bytes. Its errors do not repeat
// what the caller says: the operation and, for a configuration, the name.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() && info.IsDir() {
		return nil, errors.New("is a directory")
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, cause(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("longer than %d bytes", limit)
	}
	return data, nil
}

// cause is why a file cannot be used, without its name.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// readSecret takes the first line of a file.
func readSecret(path string) (Secret, error) {
	data, err := readLimited(path, maxSecret)
	if err != nil {
		return "", fmt.Errorf("file %s: %w", path, err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", fmt.Errorf("file %s: its first line is empty", path)
	}
	return Secret(line), nil
}

// checkWAV says why a file is no WAV audio, judged by its first bytes.
func checkWAV(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("file %s: %w", path, cause(err))
	}
	defer f.Close()
	var head [12]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || !bytes.Equal(head[:4], []byte("RIFF")) || !bytes.Equal(head[8:], []byte("WAVE")) {
		return fmt.Errorf("file %s: no WAV file", path)
	}
	return nil
}

// resolve makes a path of the file being read one of the working directory.
func (d *decoder) resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.dir, path)
}
