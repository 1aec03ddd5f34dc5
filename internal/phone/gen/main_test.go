package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The table is that of the version of the library in go.mod, with which phone is compared.
func TestTableIsOfThisLibrary(t *testing.T) {
	files, err := generate()
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is another one, %v: run go generate ./internal/phone", name, err)
		}
	}
}
