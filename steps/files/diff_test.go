package files

import (
	"strings"
	"testing"
)

func TestEditGitignore(t *testing.T) {
	tests := []struct{ old, want string }{
		{"", "handover/\n"},
		{"*.log", "*.log\nhandover/\n"},
		{"a\r\n", "a\r\nhandover/\r\n"},
		{"handover/\n", "handover/\n"},
		{"/handover\n", "/handover\n"},
		{"**/handover/**\n", "**/handover/**\n"},
		{"handover/*  \n", "handover/*  \n"},
		{"*\n", "*\n"},
		{"*\n!handover/\n", "*\n!handover/\nhandover/\n"},
		{"#handover/\n", "#handover/\nhandover/\n"},
		{"handovers/\n", "handovers/\nhandover/\n"},
	}
	for _, tt := range tests {
		e := EditGitignore(Snapshot{Path: ".gitignore", Bytes: Content(tt.old)}, "handover/")
		if string(e.After) != tt.want || e.Changes() != (tt.old != tt.want) || e.Changes() != (len(e.Fields) > 0) {
			t.Errorf("%q became %q", tt.old, string(e.After))
		}
		if again := EditGitignore(Snapshot{Bytes: e.After}, "handover/"); again.Changes() {
			t.Errorf("%q: the second run changes something", tt.old)
		}
	}
}

func TestNoFieldShowsWhatAnAddressSignsInWith(t *testing.T) {
	for name, value := range map[string]string{
		"backend.http_proxy": "bob:hunter2@proxy:8080", "backend.endpoints.s3": "bob:hunter2@store", "provider.sts_endpoint": "http://bob:hunter2@sts",
		"backend.address": "https://bob:hunter2@host/state",
	} {
		if f := NewField(name, value, value, false); strings.Contains(f.Before+f.After, "hunter2") || !strings.Contains(f.Before, "(secret)@") {
			t.Errorf("%+v", f)
		}
	}
	if f := NewField("user", "arn:aws:sts::1:assumed-role/r/a@b", "git@github.com:a/b", false); f.Before != "arn:aws:sts::1:assumed-role/r/a@b" || f.After != "git@github.com:a/b" {
		t.Errorf("%+v", f)
	}
}
