package health

import (
	"slices"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

func TestOneThingToldByFilesAndByAWSIsOneFinding(t *testing.T) {
	key := func(id, subject string) string { return plan.Finding{ID: id, Subject: subject}.Key() }
	files := Report{
		Findings: []plan.Finding{
			{ID: "files.bucket-differs", Subject: "a", Severity: plan.Warning, Evidence: "backend.tf:5: bucket typo.", Remedy: "Correct it."},
			{ID: "kms-id-invalid", Subject: "b", Severity: plan.Failure, Evidence: "backend.tf:6."},
			{ID: "region-invalid", Subject: "b", Severity: plan.Failure, Evidence: "backend.tf:7."},
		},
		Checks: []plan.Check{{Finding: "files.bucket-differs", Subject: "a"}},
		Fixes:  []Fix{{Project: "a", Finding: key("files.bucket-differs", "a")}},
		aliases: map[string]Alias{
			key("files.bucket-differs", "a"): {"typo", []string{"bucket-missing"}},
			key("kms-id-invalid", "b"):       {"word", []string{"kms-not-found", "explicit-deny"}},
		},
	}
	aws := Report{
		Findings: []plan.Finding{
			{ID: "bucket-missing", Severity: plan.Failure, Evidence: "There is no bucket typo, of a.", Resource: "typo", Details: "report"},
			{ID: "kms-not-found", Severity: plan.Failure, Evidence: "There is no key word in eu-west-1.", Resource: "word"},
			{ID: "region-invalid", Severity: plan.Failure, Evidence: "Not listed."},
		},
	}
	o := Merge(files, aws)
	var got []string
	for _, f := range o.Findings {
		got = append(got, f.ID+" "+f.Subject+": "+f.Evidence)
	}
	want := []string{
		"bucket-missing a: backend.tf:5: bucket typo. There is no bucket typo, of a.",
		"kms-id-invalid b: backend.tf:6. There is no key word in eu-west-1.",
		"region-invalid b: backend.tf:7. Not listed.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("findings\n%s", strings.Join(got, "\n"))
	}
	if f := o.Findings[0]; f.Severity != plan.Failure || f.Remedy != "Correct it." || f.Details != "report" {
		t.Errorf("joined %+v", f)
	}
	if o.Checks[0].Finding != "bucket-missing" {
		t.Errorf("check %+v", o.Checks[0])
	}
	if o.Fixes[0].Finding != key("bucket-missing", "a") {
		t.Errorf("fix %+v", o.Fixes[0])
	}
}
