package policy

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseTakesWhatAWSHandsOut(t *testing.T) {
	text := `{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["a","b"],"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"s3:max-keys":[10,"20"]}}}}`
	want := `{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["a","b"],"Condition":{"Bool":{"aws:SecureTransport":"false"},"NumericLessThan":{"s3:max-keys":["10","20"]}}}]}`
	for _, form := range []string{text, url.PathEscape(text), "\n " + text + "\n"} {
		d, err := Parse(form)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.JSON(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	d, err := Parse(`{"Statement":[]}`)
	if err != nil || d.Version != Version2008 {
		t.Errorf("without a version AWS means 2008-10-17: %q, %v", d.Version, err)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	statement := func(s string) string { return `{"Statement":[{"Effect":"Allow","Action":"a:b"},` + s + `]}` }
	for text, want := range map[string]string{
		``:                               "not a JSON object",
		`null`:                           "not a JSON object",
		`%7`:                             "invalid URL escape",
		`{}`:                             "no Statement",
		`{"Statement":[]} x`:             "more text follows",
		`{"Statement":"x"}`:              "statement 1: not a JSON object",
		`{"statement":[]}`:               "statement: no such element in a policy",
		`{"Version":"1","Statement":[]}`: `version "1"`,
		statement(`{"Action":"a:b"}`):    `statement 2: effect "" is neither`,
		statement(`{"Effect":"allow","Action":"a:b"}`):                                                     `effect "allow"`,
		statement(`{"Effect":"Allow"}`):                                                                    "no Action",
		statement(`{"Effect":"Allow","Action":[]}`):                                                        "Action: it is empty",
		statement(`{"Effect":"Allow","Action":null}`):                                                      "null is not a single value",
		statement(`{"Effect":"Allow","Acton":"a:b"}`):                                                      "Acton: no such element in a statement",
		statement(`{"Effect":"Allow","Action":"a","NotAction":"b"}`):                                       "both Action and NotAction",
		statement(`{"Effect":"Allow","Action":"a","Resource":"b","NotResource":"b"}`):                      "both Resource and NotResource",
		statement(`{"Effect":"Allow","Action":"a","Principal":"*","NotPrincipal":"*"}`):                    "both Principal and NotPrincipal",
		statement(`{"Effect":"Deny","Effect":"Allow","Action":"a"}`):                                       `"Effect" appears twice`,
		statement(`{"Effect":"Allow","Action":"a","Condition":{"Null":{"k":"true"},"Null":{"l":"true"}}}`): `Condition: "Null" appears twice`,
		statement(`{"Effect":"Allow","Action":"a","Condition":{"Null":{"k":"true","\u006b":"false"}}}`):    `Null: "k" appears twice`,
		`{"Statement":[{"Effect":"Deny","Action":"a"}],"Statement":[{"Effect":"Allow","Action":"a"}]}`:     `"Statement" appears twice`,
		`{"Statement":[{"Effect":"Allow","Action":"a"}`:                                                    "not a JSON object",
		statement(`{"Effect":"Allow","Action":"a","Principal":"alice"}`):                                   `"alice" is not a principal`,
		statement(`{"Effect":"Allow","Action":"a","Principal":{}}`):                                        "Principal: it is empty",
		statement(`{"Effect":"Allow","Action":"a","Condition":{"Null":"x"}}`):                              "Condition: Null: not a JSON object",
		statement(`{"Effect":"Allow","Action":"a","Condition":{"Null":{"k":{}}}}`):                         "k: {} is not a single value",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestJSONLeavesAngleBracketsAndAmpersandsReadable(t *testing.T) {
	d := Document{Statements: []Statement{{Effect: Allow, Actions: []string{"a:b"}, Resources: []string{`<&>"`}}}}
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"<&>\""}]}`
	if got := d.JSON(); got != want {
		t.Errorf("got %s", got)
	}
	if d.Size() != len(want) {
		t.Errorf("size %d, want %d", d.Size(), len(want))
	}
}

func TestParseReadsWhatJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documents().Draw(t, "document")
		again, err := Parse(d.JSON())
		if err != nil || again.JSON() != d.JSON() || !Equivalent(d, again) {
			t.Fatalf("%v: %s", err, d.JSON())
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(Bucket(BucketRules{Partition: "aws", Bucket: "b", KMSKeyARN: keyARN, Strict: true}).JSON())
	f.Add(KeyPolicy("aws", admin, []string{alice}, []string{bob}).JSON())
	f.Add(url.PathEscape(OwnCredentials("aws").JSON()))
	f.Add(`{"Statement":{"Effect":"Allow","NotAction":"a","NotResource":["${x, 'y'}"],"Condition":{"Bool":{"k":[true,1]}}}}`)
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":[]},"Action":"*","Condition":{"ForAllValues:Null":{}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(d.JSON())
		if err != nil {
			t.Fatalf("cannot read back %s: %v", d.JSON(), err)
		}
		if again.JSON() != d.JSON() || !Equivalent(d, again) || Missing(d, again) != nil {
			t.Fatalf("changed on the way:\n%s\n%s", d.JSON(), again.JSON())
		}
		Evaluate(ask(alice, "s3:PutObject", bucket+"/k", "k", "v"), identity(d).on("bucket policy", d))
		for _, s := range d.Statements {
			Covers(d, s)
		}
	})
}
