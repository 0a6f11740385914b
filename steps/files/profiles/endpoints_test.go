package profiles

import (
	"testing"

	"stateroom/steps/files"
)

// TestWhereAProfileSendsAServiceIsReadAsTheSDKReadsIt: one service's address wins over that
// of all, and none counts where the profile says so.
func TestWhereAProfileSendsAServiceIsReadAsTheSDKReadsIt(t *testing.T) {
	t.Parallel()
	const services = "[services other]\ns3 =\n  endpoint_url = http://wrong\n[services minio]\nsts =\n  max = 1\ns3 =\n  region = a\n  endpoint_url = http://minio:9000 # here\ndynamodb =\n[profile b]\nregion = x\n"
	for profile, want := range map[string][3]string{
		"services = minio\nendpoint_url = http://all\n": {"http://minio:9000", "http://all", "http://all"},
		"services = minio\n":                            {"http://minio:9000", "", ""},
		"endpoint_url = http://all\n":                   {"http://all", "http://all", "http://all"},
		"services = none\n":                             {},
		"services = minio\nendpoint_url = http://all\nignore_configured_endpoint_urls = TRUE\n": {},
		"region = eu-west-1\n": {},
	} {
		all := Endpoints(files.Snapshot{Path: "config", Bytes: []byte("[profile a]\n" + profile + services)}, "a")
		for i, service := range []string{"s3", "sts", "dynamodb"} {
			if got, found := EndpointOf(service, all); got.URL != want[i] || found != (want[i] != "") {
				t.Errorf("%q: %s goes to %q, want %q", profile, service, got.URL, want[i])
			}
		}
	}
	for _, e := range Endpoints(files.Snapshot{Path: "config", Bytes: []byte("[profile a]\nservices = minio\n" + services)}, "a") {
		if e.Place.String() != "config:11" {
			t.Errorf("it stands at %s", e.Place)
		}
	}
}
