package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestSignatureRefusalsUseTheWordsOfEachProtocol(t *testing.T) {
	s := serve(t, Options{})
	good := s.Operator()
	wrong := Credentials{good.AccessKeyID, "wrong" + good.SecretAccessKey[5:], ""}
	unknown := Credentials{"AKIAAAAAAAAAAAAAAAAA", good.SecretAccessKey, ""}
	token := Credentials{good.AccessKeyID, good.SecretAccessKey, "stray"}
	calls := map[string]func(Credentials) error{
		"sts": func(c Credentials) error {
			_, err := stsAs(s, c).GetCallerIdentity(t.Context(), nil)
			return err
		},
		"organizations": func(c Credentials) error {
			_, err := organizations.NewFromConfig(as(s, c)).DescribeOrganization(t.Context(), nil)
			return err
		},
		"s3": func(c Credentials) error {
			_, err := s3.NewFromConfig(as(s, c)).ListBuckets(t.Context(), nil)
			return err
		},
		"account": func(c Credentials) error {
			_, err := accountapi.NewFromConfig(as(s, c)).ListRegions(t.Context(), nil)
			return err
		},
	}
	for _, test := range []struct {
		service       string
		who           Credentials
		code, message string
	}{
		{"sts", good, "", ""},
		{"sts", wrong, "SignatureDoesNotMatch", "The request signature we calculated does not match"},
		{"sts", unknown, "InvalidClientTokenId", "The security token included in the request is invalid."},
		{"sts", token, "InvalidClientTokenId", ""},
		{"sts", Credentials{AccessKeyID: "bad/key", SecretAccessKey: "x"}, "IncompleteSignature", "5 slash-delimited"},
		{"organizations", good, "", ""},
		{"organizations", wrong, "InvalidSignatureException", "The request signature we calculated does not match"},
		{"organizations", unknown, "UnrecognizedClientException", "The security token included in the request is invalid."},
		{"s3", good, "", ""},
		{"s3", wrong, "SignatureDoesNotMatch", "Check your key and signing method."},
		{"s3", unknown, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
		{"s3", token, "InvalidToken", "The provided token is malformed or otherwise invalid."},
		{"account", good, "", ""},
		{"account", unknown, "UnrecognizedClientException", ""},
	} {
		t.Run(test.service+" "+test.code, func(t *testing.T) {
			wantError(t, calls[test.service](test.who), test.code, test.message)
		})
	}
}

func TestUnsignedRequestIsRefused(t *testing.T) {
	s := serve(t, Options{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL(), bytes.NewBufferString("Action=GetCallerIdentity&Version=2011-06-15"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", res.StatusCode)
	}
	if log := s.Log(); len(log) != 1 || log[0].Code != "MissingAuthenticationToken" || log[0].Account != "" {
		t.Errorf("log %+v", log)
	}
}

func TestClockSkewIsRefusedOnBothSides(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now})
	call := func() error {
		_, err := stsAs(s, s.Operator()).GetCallerIdentity(t.Context(), nil)
		return err
	}
	c.add(14 * time.Minute)
	wantError(t, call(), "", "")
	c.add(2 * time.Minute)
	wantError(t, call(), "SignatureDoesNotMatch", "Signature expired: ")
	_, err := s3.NewFromConfig(as(s, s.Operator())).ListBuckets(t.Context(), nil)
	wantError(t, err, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
	c.add(-32 * time.Minute)
	wantError(t, call(), "SignatureDoesNotMatch", "Signature not yet current: ")
}

func TestExpiredSessionIsRefused(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now})
	session, err := assume(t.Context(), s, s.Operator(), bootstrapARN)
	wantError(t, err, "", "")
	_, err = stsAs(s, session).GetCallerIdentity(t.Context(), nil)
	wantError(t, err, "", "")
	c.add(time.Hour)
	_, err = stsAs(s, session).GetCallerIdentity(t.Context(), nil)
	wantError(t, err, "ExpiredToken", "The security token included in the request is expired")
	_, err = organizations.NewFromConfig(as(s, session)).DescribeOrganization(t.Context(), nil)
	wantError(t, err, "ExpiredTokenException", "")
}

func TestKeyIsUnknownUntilItPropagatesAndWhileInactive(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now, Propagation: 10 * time.Second})
	bob := addUser(t, s, "bob")
	identity := func() error {
		_, err := stsAs(s, bob).GetCallerIdentity(t.Context(), nil)
		return err
	}
	wantError(t, identity(), "InvalidClientTokenId", "")
	c.add(10 * time.Second)
	wantError(t, identity(), "", "")
	_, err := iamAs(s, s.Operator()).UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{
		UserName: aws.String("bob"), AccessKeyId: &bob.AccessKeyID, Status: "Inactive",
	})
	wantError(t, err, "", "")
	wantError(t, identity(), "InvalidClientTokenId", "")
}

func TestPresignedAddressesAreRefused(t *testing.T) {
	s := serve(t, Options{})
	signed, err := sts.NewPresignClient(stsAs(s, s.Operator())).PresignGetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "no presigned addresses") {
		t.Errorf("status %d, %v: %s", res.StatusCode, err, body)
	}
}

func TestSignedBodyMustBeTheOneSent(t *testing.T) {
	s := serve(t, Options{})
	operator := s.Operator()
	const payload = "signed"
	for name, c := range map[string]struct{ sent, hash, code string }{
		"as signed": {payload, hash([]byte(payload)), "NoSuchBucket"},
		"altered":   {"forged", hash([]byte(payload)), "XAmzContentSHA256Mismatch"},
		"in chunks": {"6\r\nsigned\r\n0\r\n\r\n", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "NotImplemented"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL()+"/bucket/a%20key/%C3%BC%2B1?empty", bytes.NewBufferString(c.sent))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Content-Sha256", c.hash)
		err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: operator.AccessKeyID, SecretAccessKey: operator.SecretAccessKey},
			req, c.hash, "s3", "eu-west-1", time.Now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		log := s.Log()
		if log[len(log)-1].Code != c.code {
			t.Errorf("%s: %+v", name, log[len(log)-1])
		}
	}
}
