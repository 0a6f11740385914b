package tf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// State is what tells one state of Terraform's from others. What it holds is compared,
// and never shown.
type State struct {
	// Path is where it lies on the disk, empty where it does not.
	Path      string
	Workspace string
	// Lineage and Serial are the state's own. Both are zero for no state at all.
	Lineage string
	Serial  uint64
	// Resources counts the resource blocks, as "terraform state list" groups them.
	Resources int
	// Format is the format's version; Terraform 0.12 and later write 4. Engine is the
	// version of the engine that wrote it.
	Format int
	Engine string
	// Content is a digest of the resources and outputs, as they are and not as they are
	// written.
	Content string
	// Encrypted says that OpenTofu has encrypted it.
	Encrypted bool
	// Unqualified is a provider that it names without a source, empty without one.
	Unqualified string
	// Stray says that the backend "local" in use keeps its states elsewhere.
	Stray bool
}

// Empty tells whether there was no state.
func (s State) Empty() bool { return s.Lineage == "" }

// Same tells whether both are one state: of one lineage and serial, with the same
// content.
func (s State) Same(other State) bool {
	return s.Lineage == other.Lineage && s.Serial == other.Serial && s.Content == other.Content
}

// NewestStateFormat is the newest format of a state that Terraform 0.12 to 1.16 and
// OpenTofu write and read. "state pull" prints it, whatever the one in the back end is.
const NewestStateFormat = 4

// Supported tells whether they read the state's format.
func (s State) Supported() bool { return s.Format >= 1 && s.Format <= NewestStateFormat }

// ParseState reads a state of that format. An empty text is no state, and neither is
// what "state pull" prints of a workspace whose back end holds none.
func ParseState(text []byte) (State, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return State{}, nil
	}
	state, hollow, err := parseState(text)
	switch {
	case err != nil:
		return State{}, err
	case state.Format == NewestStateFormat && state.Empty() && hollow:
		return State{}, nil
	case state.Format != NewestStateFormat || state.Empty():
		return State{}, errors.New("it is not a Terraform state of format 4")
	}
	return state, nil
}

// ParseAnyState reads a state of any format, and JSON that is none. Its errors may quote
// the text.
func ParseAnyState(text []byte) (State, error) {
	state, _, err := parseState(text)
	return state, err
}

// parseState reads a state of any format; hollow says that nothing is in it.
func parseState(text []byte) (state State, hollow bool, err error) {
	var read struct {
		Version   int             `json:"version"`
		Engine    string          `json:"terraform_version"`
		Lineage   string          `json:"lineage"`
		Serial    uint64          `json:"serial"`
		Outputs   json.RawMessage `json:"outputs"`
		Resources json.RawMessage `json:"resources"`
		Modules   json.RawMessage `json:"modules"` // of the formats before 4
		Encrypted json.RawMessage `json:"encrypted_data"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return State{}, false, fmt.Errorf("it is not JSON: %w", err)
	}
	var resources []stateResource
	if len(read.Resources) > 0 {
		err := json.Unmarshal(read.Resources, &resources)
		if err != nil && read.Version <= NewestStateFormat { // what a newer one looks like nobody knows
			return State{}, false, fmt.Errorf("its resources are unlike Terraform's: %w", err)
		}
	}
	digest, hollow := sha256.New(), true
	for _, part := range []json.RawMessage{read.Outputs, read.Resources} {
		text := canonical(part)
		_, _ = digest.Write(append([]byte{'\n'}, text...)) // a hash never fails
		hollow = hollow && slices.Contains([]string{"", "{}", "[]", "null"}, string(text))
	}
	return State{
		Lineage: read.Lineage, Serial: read.Serial, Format: read.Version, Engine: read.Engine,
		Resources: len(resources), Content: hex.EncodeToString(digest.Sum(nil)),
		Encrypted: len(read.Encrypted) > 0, Unqualified: unqualified(read.Version, resources, read.Modules),
	}, hollow, nil
}

// canonical is JSON without white space, its objects' members in the order of their
// names: what two engines, or a tool of somebody's, write of one state differs in both.
// Numbers stay as they are written, for they may have more digits than a float.
func canonical(part json.RawMessage) []byte {
	if len(part) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(part))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // it was decoded before, so it is JSON
	text, _ := json.Marshal(value)
	return text
}
