package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestTheSampleHasOneActionOfEachServiceThatTheArticleAllows(t *testing.T) {
	var services []string
	for _, action := range EnvironmentSample() {
		service, _, _ := strings.Cut(action, ":")
		services = append(services, service+":*")
	}
	if want := EnvironmentPermissions().Statements[0].Actions; !slices.Equal(services, want) {
		t.Errorf("the sample is of %v, want %v", services, want)
	}
}
