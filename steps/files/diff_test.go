package files

import (
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
