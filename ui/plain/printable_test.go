package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"stateroom/steps"
	"stateroom/steps/plan"
)

// hostile holds what a terminal obeys: the clipboard, the title, a cleared
// screen, hidden text, C1, a right-to-left override and a zero-width space.
const hostile = "a\x1b]52;c;aGk=\x07b\x1b]0;t\x07c\x1b\x1b[31m[2Jd\x1b[8mhidden\u009b2Je\u202ef\u200bg\rh\x7f\xff"

// TestNoMemberOfAnyEventReachesTheTerminalAsACommand fills every text of every
// kind of event, whatever members come in the future.
func TestNoMemberOfAnyEventReachesTheTerminalAsACommand(t *testing.T) {
	events := func() []plan.Event {
		var all []plan.Event
		for _, kind := range []plan.EventKind{
			plan.EventChange, plan.EventStarted, plan.EventApplied, plan.EventFailed, plan.EventSkipped, plan.EventFinding,
			plan.EventCheck, plan.EventProgress, plan.EventLine, plan.EventSummary,
		} {
			e := plan.Event{Kind: kind, Change: &plan.Change{}, Finding: &plan.Finding{}, Check: &plan.Check{}, Summary: &plan.Summary{}}
			fill(reflect.ValueOf(&e).Elem(), 0)
			e.Kind, e.Err = kind, errors.New(hostile)
			all = append(all, e)
		}
		return all
	}
	for name, present := range map[string]func(out *bytes.Buffer) plan.Emit{
		"setup": func(out *bytes.Buffer) plan.Emit {
			lines := NewLines(out)
			lines.Stages = steps.Outline()
			return lines.Emit
		},
		"flow": func(out *bytes.Buffer) plan.Emit { return NewLines(out).Emit },
		"JSON": func(out *bytes.Buffer) plan.Emit { return NewJSON(out, out).Emit },
	} {
		var out bytes.Buffer
		emit := present(&out)
		for _, e := range events() {
			emit(e)
		}
		text := out.String()
		if !strings.Contains(text, "hidden") {
			t.Errorf("%s: nothing was shown:\n%s", name, text)
		}
		if !utf8.ValidString(text) {
			t.Errorf("%s: no UTF-8", name)
		}
		for i, r := range text {
			if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf) {
				t.Errorf("%s: %q reaches the terminal: %q", name, r, text[max(0, i-60):i+10])
				break
			}
		}
	}
}

func TestJSONStillMeansTheTextThatItEscapes(t *testing.T) {
	var out bytes.Buffer
	evidence := "a\u009b\u202e\x1b🙂\U000e0041"
	NewJSON(&out, &out).Emit(plan.Event{Kind: plan.EventFinding, Finding: &plan.Finding{ID: "x.y", Evidence: evidence}})
	var got plan.Finding
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Evidence != evidence {
		t.Errorf("%q reads as %q: %v", out.String(), got.Evidence, err)
	}
}

// fill puts the hostile text into every text that can be reached.
func fill(v reflect.Value, depth int) {
	if !v.CanSet() || depth > 8 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(hostile)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	}
}
