package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"stateroom/awsops"
)

// A call that nobody has judged counts as one that gives access.
func TestACallThatNobodyJudgedCountsAsWidening(t *testing.T) {
	c := Change{ID: "x", Title: "Do it", Calls: []awsops.Call{awsops.PutRolePolicy("g", "p", "{}")}}
	if w := c.Widens(); len(w) != 1 || w[0].Kind != WidensUnjudged {
		t.Errorf("widens %v", w)
	}
	text, err := json.Marshal(c)
	if err != nil || !strings.Contains(string(text), `"widens":true`) {
		t.Errorf("%s, %v", text, err)
	}
	c.Calls = []awsops.Call{awsops.UpdateAccessKey("u", "k", "Inactive"), awsops.DeleteAccessKey("u", "k")}
	if text, _ := json.Marshal(c); len(c.Widens()) > 0 || strings.Contains(string(text), "widens") {
		t.Errorf("taking away counts as giving: %s", text)
	}
}
