package account

import (
	"errors"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/files/tf"
)

// version is a version of a state; serial 0 is no state.
func version(id string, serial uint64, lineage string) stateVersion {
	v := stateVersion{ObjectVersion: awsops.ObjectVersion{ID: id}, object: &stateObject{digest: "md5-of-" + id, version: id, State: tf.State{Format: 4, Serial: serial, Lineage: lineage}}}
	if serial == 0 {
		v.object.problem = "it is not JSON"
	}
	return v
}

func TestOnlyACertainDigestIsRepairedAndOnlyACertainVersionPutBack(t *testing.T) {
	unread := stateVersion{ObjectVersion: awsops.ObjectVersion{ID: "u"}, err: errors.New("denied")}
	marker := stateVersion{ObjectVersion: awsops.ObjectVersion{ID: "m", Marker: true}}
	for _, c := range []struct {
		name     string
		digest   string
		versions []stateVersion // the first is the current one
		err      error
		good     bool
		back     string // the version to put back
	}{
		{"the newest, whatever the table holds", "other", []stateVersion{version("b", 2, "l"), version("a", 1, "l")}, nil, true, ""},
		{"the newest, the table is one behind", "md5-of-a", []stateVersion{version("b", 2, "l"), version("a", 1, "l")}, nil, true, "-"},
		{"an older one put back past Terraform", "md5-of-b", []stateVersion{version("a2", 1, "l"), version("b", 2, "l"), version("a", 1, "l")}, nil, false, "b"},
		{"an older one put back, the table knows neither", "other", []stateVersion{version("a2", 1, "l"), version("b", 2, "l")}, nil, false, ""},
		{"another lineage", "md5-of-b", []stateVersion{version("c", 5, "k"), version("b", 2, "l")}, nil, false, "b"},
		{"no state on top", "md5-of-b", []stateVersion{version("c", 0, ""), version("b", 2, "l"), version("a", 1, "l")}, nil, false, "b"},
		{"no state on top, no digest", "", []stateVersion{version("c", 0, ""), version("b", 2, "l"), version("a", 1, "l")}, nil, false, "b"},
		{"deleted", "md5-of-b", []stateVersion{marker, version("b", 2, "l")}, nil, false, "b"},
		{"one is not read", "md5-of-b", []stateVersion{version("a2", 1, "l"), version("b", 2, "l"), unread}, nil, false, ""},
		{"nothing ever was", "other", nil, nil, true, ""},
		{"nobody may look", "other", []stateVersion{version("b", 2, "l")}, errors.New("denied"), false, ""},
	} {
		s := &stateAccess{digest: &awsops.LockItem{Digest: c.digest}, versions: c.versions, versionsErr: c.err}
		if len(c.versions) > 0 {
			s.object = c.versions[0].object
		}
		if c.err != nil {
			s.versions = nil
		}
		text, ok := compare(s)
		if ok != c.good || text == "" {
			t.Errorf("%s: good %v, want %v: %s", c.name, ok, c.good, text)
		}
		back := ""
		if v := better(s); v != nil && !ok {
			back = v.ID
		}
		if want := strings.TrimPrefix(c.back, "-"); back != want {
			t.Errorf("%s: version %q is put back, want %q", c.name, back, want)
		}
	}
}

func TestStatesAndLocksAreRead(t *testing.T) {
	for body, problem := range map[string]string{
		`{"version":4,"serial":3,"lineage":"l","terraform_version":"1.11.4"}`: "",
		`{"version":3}`: "", `{"version":5}`: "format", `{"version":5,"resources":{"a":1}}`: "format", `{"serial":1}`: "without a state's version", `secret = "x"`: "not JSON", ``: "not JSON", `[]`: "not JSON",
	} {
		s := readState(&awsops.Content{Body: []byte(body)})
		if (problem == "") != (s.problem == "") || !strings.Contains(s.problem, problem) || strings.Contains(s.problem, "secret") {
			t.Errorf("%s: problem %q, want %q", body, s.problem, problem)
		}
	}
	for text, ok := range map[string]bool{`{"ID":"5d6f0000-1111-2222-3333-444455556666","Who":"carol@laptop","Created":"2026-01-02T15:04:05Z"}`: true, `{}`: false, ``: false, `{"ID":`: false, `"ID"`: false} {
		if _, got := tf.ReadLock(text); got != ok {
			t.Errorf("%s is a lock: %v, want %v", text, got, ok)
		}
	}
}
