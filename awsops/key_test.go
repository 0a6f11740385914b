package awsops_test

import (
	"os"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
)

func TestAKeyOfOnesOwnIsTheOperatorWhateverTheEnvironmentNames(t *testing.T) {
	server, _ := rehearse(t, sandbox.Options{})
	operator := server.Operator()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE0000")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	t.Setenv("AWS_PROFILE", "not-there-yet")
	config := awsops.Config{Region: region, Endpoint: server.URL(), Key: &awsops.KeyPair{ID: operator.AccessKeyID, Secret: secret.New(operator.SecretAccessKey)}}
	sessions, err := awsops.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := sessions.Home("").Identity(t.Context()); err != nil || id.Account != management {
		t.Errorf("%+v, %v", id, err)
	}
	if got := os.Getenv("AWS_PROFILE"); got != "not-there-yet" {
		t.Errorf("AWS_PROFILE is %q afterwards", got)
	}
	config.Key = &awsops.KeyPair{}
	if sessions, err = awsops.Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.Home("").Identity(t.Context()); !awsops.IsNoCredentials(err) {
		t.Errorf("without a key somebody is the operator: %v", err)
	}
}

func TestAClockThatIsOffIsMeasured(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute, 20 * time.Minute} {
		_, sessions := rehearse(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(off) }})
		home := sessions.Home("")
		_, err := home.Identity(t.Context())
		if skew, known := home.ClockSkew(); err != nil || !known || (skew-off).Abs() > time.Minute {
			t.Errorf("AWS is %s ahead and measured as %s: %v", off, skew, err)
		}
	}
}

func TestATakingThatFindsNothingIsDone(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home := sessions.Home("")
	if _, err := home.Do(t.Context(), awsops.CreateUser("bob", "/", nil)); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []awsops.Call{
		awsops.DeleteAccessKey("bob", "AKIAGONEGONEGONEGONE"),
		awsops.UpdateAccessKey("bob", "AKIAGONEGONEGONEGONE", "Inactive"),
		awsops.UpdateSSHPublicKey("bob", "APKAGONEGONEGONEGONE", "Inactive"),
		awsops.UpdateSigningCertificate("bob", "TA7SMP42TDN5Z26OBPJE7EXAMPLE", "Inactive"),
		awsops.UpdateServiceCredential("bob", "ACCAGONEGONEGONEGONE", "Inactive"),
	} {
		if _, err := home.Do(t.Context(), gone); !awsops.AlreadyGone(gone, err) {
			t.Errorf("%s: %v", gone.Operation, err)
		}
	}
	missing := awsops.UpdateAccessKey("bob", "AKIAGONEGONEGONEGONE", "Active")
	if _, err := home.Do(t.Context(), missing); err == nil || awsops.AlreadyGone(missing, err) {
		t.Errorf("%v", err)
	}
}
