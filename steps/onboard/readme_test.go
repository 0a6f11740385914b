package onboard

import (
	"os"
	"regexp"
	"testing"

	"stateroom/awsops/policy"
)

func TestReadmeShowsThePeoplePolicy(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)<!-- people policy -->\n```json\n(.*?)\n```").FindSubmatch(text)
	if block == nil {
		t.Fatal("README.md has no people policy")
	}
	doc, err := policy.Parse(string(block[1]))
	if err != nil {
		t.Fatal(err)
	}
	if want := policy.People(access); !policy.Equivalent(doc, want) {
		t.Errorf("README.md prints another policy than policy.People, which is\n%s", want.JSON())
	}
}
