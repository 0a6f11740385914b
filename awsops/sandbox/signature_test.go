package sandbox

import (
	"bytes"
	"context"
	"net/http"
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
			_, err := organizations.NewFromConfig(as(s, c)).ListRoots(t.Context(), nil)
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

func TestPresignedRequestLivesForItsTime(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now})
	signed, err := sts.NewPresignClient(stsAs(s, s.Operator())).PresignGetCallerIdentity(t.Context(), nil, func(o *sts.PresignOptions) {
		o.Presigner = presignFor{v4.NewSigner(), time.Minute}
	})
	if err != nil {
		t.Fatal(err)
	}
	get := func() int {
		req, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if status := get(); status != http.StatusOK {
		t.Errorf("fresh: status %d, %+v", status, s.Log())
	}
	c.add(2 * time.Minute)
	if status := get(); status != http.StatusForbidden {
		t.Errorf("stale: status %d", status)
	}
}

// presignFor presigns for a time, which the SDK leaves to the query.
type presignFor struct {
	signer *v4.Signer
	live   time.Duration
}

func (p presignFor) PresignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, at time.Time, opts ...func(*v4.SignerOptions)) (string, http.Header, error) {
	query := r.URL.Query()
	query.Set("X-Amz-Expires", "60")
	r.URL.RawQuery = query.Encode()
	return p.signer.PresignHTTP(ctx, c, r, hash, service, region, at, opts...)
}

func TestSignedBodyMustBeTheOneSent(t *testing.T) {
	s := serve(t, Options{})
	operator := s.Operator()
	for name, sent := range map[string]string{"as signed": "signed", "altered": "forged"} {
		body := []byte("signed")
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL()+"/bucket/a%20key/%C3%BC%2B1?tagging", bytes.NewBufferString(sent))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Content-Sha256", hash(body))
		err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: operator.AccessKeyID, SecretAccessKey: operator.SecretAccessKey},
			req, hash(body), "s3", "eu-west-1", time.Now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		log := s.Log()
		refused := log[len(log)-1].Code == "XAmzContentSHA256Mismatch"
		if refused != (name == "altered") || log[len(log)-1].Code == "SignatureDoesNotMatch" {
			t.Errorf("%s: %+v", name, log[len(log)-1])
		}
	}
}

func TestChunksAreVerifiedLinkByLink(t *testing.T) {
	g := signature{keyID: "AKIA", date: "20260101", region: "eu-west-1", service: "s3", value: "seed", time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	key := g.key("secret")
	frame := func(payload string) []byte {
		g.payload = payload
		c := chunkReader{signature: g, key: key, previous: g.value}
		sign := func(kind, hashes string) string { c.verify(kind, "", hashes); return c.previous }
		var out bytes.Buffer
		for _, data := range []string{"hello ", "world", ""} {
			out.WriteString(string("0123456789abcdef"[len(data)]))
			if payload != streamUnsignedTrailer {
				out.WriteString(";chunk-signature=" + sign("-PAYLOAD", emptyBodyHash+"\n"+hash([]byte(data))))
			}
			out.WriteString("\r\n" + data)
			if data != "" {
				out.WriteString("\r\n")
			}
		}
		if payload != streamSigned {
			out.WriteString("x-amz-checksum-crc32:AAAA\r\n")
		}
		if payload == streamSignedTrailer {
			out.WriteString("x-amz-trailer-signature:" + sign("-TRAILER", hash([]byte("x-amz-checksum-crc32:AAAA\n"))) + "\r\n")
		}
		out.WriteString("\r\n")
		return out.Bytes()
	}
	for _, payload := range []string{streamSigned, streamSignedTrailer, streamUnsignedTrailer} {
		t.Run(payload, func(t *testing.T) {
			framed := frame(payload)
			body, trailers, e := dechunk(g, key, framed)
			if e != nil || string(body) != "hello world" {
				t.Fatalf("body %q, error %v", body, e)
			}
			if payload != streamSigned && trailers.Get("X-Amz-Checksum-Crc32") != "AAAA" {
				t.Errorf("trailers %v", trailers)
			}
			if _, _, e := dechunk(g, key, framed[:len(framed)/2]); e == nil {
				t.Error("a body cut short was taken")
			}
			forged := bytes.Replace(framed, []byte("world"), []byte("w0rld"), 1)
			if _, _, e := dechunk(g, key, forged); (e == nil) != (payload == streamUnsignedTrailer) {
				t.Errorf("forged chunk: %v", e)
			}
		})
	}
}
