package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	admin   = "111111111111"
	member  = "222222222222"
	org     = "o-acme"
	alice   = "arn:aws:iam::111111111111:user/alice"
	bob     = "arn:aws:iam::111111111111:user/ops/bob"
	root    = "arn:aws:iam::111111111111:root"
	session = "arn:aws:sts::222222222222:assumed-role/TerraformAdmin/alice"
	role    = "arn:aws:iam::222222222222:role/TerraformAdmin"
	bucket  = "arn:aws:s3:::acme-state"
	keyARN  = "arn:aws:kms:eu-west-1:111111111111:key/k1"
	table   = "arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks"
)

// doc makes a document of statements written as JSON.
func doc(t *testing.T, statements string) Document {
	t.Helper()
	d, err := Parse(`{"Version":"2012-10-17","Statement":` + statements + `}`)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func identity(documents ...Document) Policies {
	var p Policies
	for _, d := range documents {
		p.Identity = append(p.Identity, Named{Name: "group policy", Document: d})
	}
	return p
}

func (p Policies) on(name string, resource Document) Policies {
	p.Resource = &Named{Name: name, Document: resource}
	return p
}

func keys(pairs ...string) map[string][]string {
	m := map[string][]string{}
	for pair := range slices.Chunk(pairs, 2) {
		m[pair[0]] = append(m[pair[0]], pair[len(pair)-1])
	}
	return m
}

func ask(principal, action, resource string, pairs ...string) Request {
	account := ""
	for _, id := range []string{admin, member} {
		if strings.Contains(resource, ":"+id+":") {
			account = id
		}
	}
	if strings.HasPrefix(resource, "arn:aws:s3:::") {
		account = admin
	}
	return Request{Principal: principal, Action: action, Resource: resource, ResourceAccount: account, Context: keys(pairs...)}
}

type row struct {
	name     string
	request  Request
	policies Policies
	want     string // "allow", or the words of the refusal
}

func run(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			d := Evaluate(r.request, r.policies)
			got := "allow"
			if !d.Allowed {
				got = d.Why + " | " + d.Message(r.request)
			}
			if r.want == "allow" && got != "allow" || !strings.Contains(got, r.want) {
				t.Errorf("got %s\nwant %s", got, r.want)
			}
			if d.Why == "" {
				t.Error("no explanation")
			}
		})
	}
}

const all = `{"Effect":"Allow","Action":"*","Resource":"*"}`

func TestEvaluateFollowsTheOrderOfPolicyTypes(t *testing.T) {
	everything := doc(t, all)
	s3Only := doc(t, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	noS3 := doc(t, `{"Sid":"NoS3","Effect":"Deny","Action":"s3:*","Resource":"*"}`)
	grant := func(principal string) Document {
		return doc(t, `{"Effect":"Allow","Principal":`+principal+`,"Action":"s3:GetObject","Resource":"`+bucket+`/*"}`)
	}
	sparing := func(principals ...string) Document {
		return doc(t, `{"Effect":"Deny","NotPrincipal":{"AWS":["`+strings.Join(principals, `","`)+`"]},"Action":"s3:*","Resource":"*"}`)
	}
	get := ask(alice, "s3:GetObject", bucket+"/k")
	getByRole := ask(session, "s3:GetObject", bucket+"/k")
	getByRole.ResourceAccount = member
	foreign := ask(session, "s3:GetObject", bucket+"/k")
	with := func(p Policies, change func(*Policies)) Policies { change(&p); return p }
	boundary := func(d Document) func(*Policies) {
		return func(p *Policies) { p.Boundary = &Named{Name: "limit", Document: d} }
	}
	inSession := func(d Document) func(*Policies) {
		return func(p *Policies) { p.Session = &Named{Document: d} }
	}
	scps := func(levels ...Document) func(*Policies) {
		return func(p *Policies) {
			for _, d := range levels {
				p.SCPs = append(p.SCPs, []Named{{Name: "guard", Document: d}})
			}
		}
	}
	run(t, []row{
		{"nothing allows", get, Policies{}, "no identity-based policy allows s3:GetObject on " + bucket + "/k | "},
		{"identity allows", get, identity(everything), "allow"},
		{"identity denies", get, identity(everything, noS3), "denied by statement NoS3 of the group policy | "},
		{"resource names the user", get, Policies{}.on("bucket policy", grant(`{"AWS":"`+alice+`"}`)), "allow"},
		{"resource names everyone", get, Policies{}.on("bucket policy", grant(`"*"`)), "allow"},
		{"resource names another user", get, Policies{}.on("bucket policy", grant(`{"AWS":"`+bob+`"}`)), "no identity-based policy"},
		{"resource names the account only delegates", get, Policies{}.on("bucket policy", grant(`{"AWS":"`+admin+`"}`)), "no identity-based policy"},
		{"resource denies against identity", get, identity(everything).on("bucket policy", doc(t, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`)), "denied by statement No of the bucket policy"},
		{"resource denies the account", get, identity(everything).on("bucket policy", doc(t, `{"Effect":"Deny","Principal":{"AWS":"`+root+`"},"Action":"s3:*","Resource":"*"}`)), "explicit deny in a resource-based policy"},
		{"deny spares whom it names with the account", get, identity(everything).on("bucket policy", sparing(alice, root)), "allow"},
		{"deny spares whom it names with the account's id", get, identity(everything).on("bucket policy", sparing(alice, admin)), "allow"},
		{"deny that spares the account alone hits its users", get, identity(everything).on("bucket policy", sparing(root)), "explicit deny in a resource-based policy"},
		{"deny that spares a user without the account hits it", get, identity(everything).on("bucket policy", sparing(alice)), "explicit deny in a resource-based policy"},
		{"deny that spares the account spares its root user", ask(root, "s3:GetObject", bucket+"/k"), Policies{}.on("bucket policy", sparing(root)), "allow"},
		{"deny that spares everybody", get, identity(everything).on("bucket policy", sparing("*")), "allow"},
		{"deny spares nobody with a boundary", get, with(identity(everything), boundary(everything)).on("bucket policy", sparing(alice, root)), "explicit deny in a resource-based policy"},
		{"deny spares a session that it names with role and account", getByRole, identity(everything).on("bucket policy", sparing(session, role, member)), "allow"},
		{"deny that spares the role alone hits its sessions", getByRole, identity(everything).on("bucket policy", sparing(role, member)), "explicit deny in a resource-based policy"},
		{"deny hits whom it does not spare", get, identity(everything).on("bucket policy", doc(t, `{"Effect":"Deny","NotPrincipal":{"AWS":"`+bob+`"},"Action":"s3:*","Resource":"*"}`)), "explicit deny in a resource-based policy"},
		{"boundary limits identity", get, with(identity(everything), boundary(doc(t, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))), "because no permissions boundary allows the s3:GetObject action"},
		{"boundary permits", get, with(identity(everything), boundary(s3Only)), "allow"},
		{"boundary denies", get, with(identity(everything), boundary(noS3)), "with an explicit deny in a permissions boundary"},
		{"boundary grants nothing itself", get, with(Policies{}, boundary(everything)), "no identity-based policy"},
		{"boundary does not limit a user whom the resource names", get, with(Policies{}, boundary(doc(t, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))).on("bucket policy", grant(`{"AWS":"`+alice+`"}`)), "allow"},
		{"boundary limits a role that the resource names", getByRole, with(Policies{}, boundary(doc(t, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))).on("bucket policy", grant(`{"AWS":"`+role+`"}`)), "no permissions boundary"},
		{"boundary does not limit a session that the resource names", getByRole, with(Policies{}, boundary(doc(t, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))).on("bucket policy", grant(`{"AWS":"`+session+`"}`)), "allow"},
		{"session policy limits", getByRole, with(identity(everything), inSession(doc(t, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))), "because no session policy allows"},
		{"session policy denies", getByRole, with(identity(everything), inSession(noS3)), "with an explicit deny in a session policy"},
		{"session policy permits", getByRole, with(identity(everything), inSession(s3Only)), "allow"},
		{"scp level missing an allow", get, with(identity(everything), scps(everything, doc(t, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))), "at level 2 of 2 from the root no service control policy allows"},
		{"scp refusal reads as explicit", get, with(identity(everything), scps(doc(t, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))), "with an explicit deny in a service control policy"},
		{"scp denies", get, with(identity(everything), func(p *Policies) { p.SCPs = [][]Named{{{Name: "guard", Document: noS3}, {Document: everything}}} }), "denied by statement NoS3 of policy guard"},
		{"scp is named before a deny of the identity", get, with(identity(noS3), func(p *Policies) { p.SCPs = [][]Named{{{Name: "guard", Document: noS3}}} }), "service control policy"},
		{"scps allow", get, with(identity(everything), scps(everything, s3Only)), "allow"},
		{"scps grant nothing themselves", get, with(Policies{}, scps(everything)), "no identity-based policy"},
		{"scps hold for the root user", ask(root, "s3:GetObject", bucket+"/k"), with(Policies{}, scps(everything, noS3)), "explicit deny in a service control policy"},
		{"root user may do all", ask(root, "s3:GetObject", bucket+"/k"), Policies{}, "allow"},
		{"root user is denied by the resource", ask(root, "s3:GetObject", bucket+"/k"), Policies{}.on("bucket policy", doc(t, `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`)), "explicit deny in a resource-based policy"},
		{"root user of another account", ask("arn:aws:iam::222222222222:root", "s3:GetObject", bucket+"/k"), Policies{}, "no resource-based policy"},
		{"cross account with identity alone", foreign, identity(everything), "because no resource-based policy allows the s3:GetObject action"},
		{"cross account with resource alone", foreign, Policies{}.on("bucket policy", grant(`{"AWS":"`+session+`"}`)), "no identity-based policy"},
		{"cross account with both, by account", foreign, identity(everything).on("bucket policy", grant(`{"AWS":"`+member+`"}`)), "allow"},
		{"cross account with both, by role", foreign, identity(everything).on("bucket policy", grant(`{"AWS":"`+role+`"}`)), "allow"},
		{"cross account, everyone", foreign, identity(everything).on("bucket policy", grant(`"*"`)), "allow"},
		{"role with a path is known by its name", foreign, identity(everything).on("bucket policy", grant(`{"AWS":"arn:aws:iam::222222222222:role/ops/TerraformAdmin"}`)), "allow"},
		{"same role name in another account", foreign, identity(everything).on("bucket policy", grant(`{"AWS":"arn:aws:iam::333333333333:role/TerraformAdmin"}`)), "no resource-based policy"},
		{"service principal", ask("cloudtrail.amazonaws.com", "s3:GetObject", bucket+"/k"), Policies{}.on("bucket policy", grant(`{"Service":"cloudtrail.amazonaws.com"}`)), "no identity-based policy"},
	})
}

func TestEvaluateMatchesActionsResourcesAndVariables(t *testing.T) {
	allow := func(action, resource string) Policies {
		return identity(doc(t, `{"Effect":"Allow","Action":"`+action+`","Resource":"`+resource+`"}`))
	}
	get := ask(alice, "s3:GetObject", bucket+"/env:/dev/common/production")
	assume := func(arn string) Request { return ask(session, "iam:GetRole", arn) }
	tagged := ask(alice, "s3:GetObject", bucket+"/k", "AWS:PrincipalTag/Team", "a*c")
	run(t, []row{
		{"action has no case", get, allow("S3:getobject", "*"), "allow"},
		{"action wildcard", get, allow("s3:Get*", "*"), "allow"},
		{"action question mark", get, allow("s3:?etObject", "*"), "allow"},
		{"action of another name", get, allow("s3:GetObjectTagging", "*"), "no identity-based"},
		{"star crosses slash and colon", get, allow("s3:*", bucket+"/*"), "allow"},
		{"star inside", get, allow("s3:*", bucket+"/env:/*/common/production"), "allow"},
		{"resource has case", get, allow("s3:*", strings.ToUpper(bucket)+"/*"), "no identity-based"},
		{"bucket is not its objects", get, allow("s3:*", bucket), "no identity-based"},
		{"objects are not the bucket", ask(alice, "s3:ListBucket", bucket), allow("s3:*", bucket+"/*"), "no identity-based"},
		{"star for the account", assume(role), allow("iam:*", "arn:*:iam::*:role/TerraformAdmin"), "allow"},
		{"a star stays in its part", assume(role), allow("iam:*", "arn:aws:*:role/TerraformAdmin"), "no identity-based"},
		{"a star does not cross into the account", assume(role), allow("iam:*", "arn:aws:i*::333333333333:role/TerraformAdmin"), "no identity-based"},
		{"NotAction", get, identity(doc(t, `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`)), "allow"},
		{"NotAction spares", get, identity(doc(t, `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`)), "no identity-based"},
		{"NotResource", get, identity(doc(t, `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::other/*"}`)), "allow"},
		{"NotResource spares", get, identity(doc(t, `{"Effect":"Allow","Action":"*","NotResource":"`+bucket+`/*"}`)), "no identity-based"},
		{"identity statement without resource", get, identity(doc(t, `{"Effect":"Allow","Action":"*"}`)), "no identity-based"},
		{"variable", ask(alice, "s3:GetObject", bucket+"/alice/x"), allow("s3:*", bucket+"/${aws:username}/*"), "allow"},
		{"variable of another", ask(alice, "s3:GetObject", bucket+"/bob/x"), allow("s3:*", bucket+"/${aws:username}/*"), "no identity-based"},
		{"variable without value", ask(session, "s3:GetObject", bucket+"//x"), allow("s3:*", bucket+"/${aws:username}/*"), "no resource-based"},
		{"variable with default", ask(alice, "s3:GetObject", bucket+"/nobody"), allow("s3:*", bucket+"/${aws:PrincipalTag/none, 'nobody'}"), "allow"},
		{"value's star is literal", tagged, allow("s3:*", bucket+"/${aws:PrincipalTag/team}"), "no identity-based"},
		{"literal star", ask(alice, "s3:GetObject", bucket+"/a*b"), allow("s3:*", bucket+"/"+Literal("a*b")), "allow"},
		{"literal star is no wildcard", ask(alice, "s3:GetObject", bucket+"/axb"), allow("s3:*", bucket+"/"+Literal("a*b")), "no identity-based"},
		{"literal dollar and question mark", ask(alice, "s3:GetObject", bucket+"/${x}?"), allow("s3:*", bucket+"/"+Literal("${x}?")), "allow"},
		{"question mark takes one character of any width", ask(alice, "s3:GetObject", bucket+"/é"), allow("s3:*", bucket+"/?"), "allow"},
		{"unclosed variable", ask(alice, "s3:GetObject", bucket+"/${x"), allow("s3:*", bucket+"/${x"), "no identity-based"},
	})
	old, err := Parse(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"` + bucket + `/${aws:username}"}}`)
	if err != nil {
		t.Fatal(err)
	}
	run(t, []row{
		{"old version has no variables", ask(alice, "s3:GetObject", bucket+"/alice"), identity(old), "no identity-based"},
		{"old version reads them as text", ask(alice, "s3:GetObject", bucket+"/${aws:username}"), identity(old), "allow"},
	})
}

func TestEvaluateExplains(t *testing.T) {
	strict := Bucket(BucketRules{Partition: "aws", Bucket: "acme-state", KMSKeyARN: keyARN, Strict: true})
	put := ask(alice, "s3:PutObject", bucket+"/k", algorithmHeader, "AES256", "aws:SecureTransport", "true")
	d := Evaluate(put, identity(doc(t, all)).on("bucket policy", strict))
	want := Decision{
		Explicit: true, Type: ResourceBased, Policy: "bucket policy", Sid: "DenyIncorrectEncryptionHeader",
		Why: "denied by statement DenyIncorrectEncryptionHeader of the bucket policy because " +
			"s3:x-amz-server-side-encryption is AES256 (StringNotEquals aws:kms)",
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v\nwant %+v", d, want)
	}
	message := `User: ` + alice + ` is not authorized to perform: s3:PutObject on resource: "` + bucket +
		`/k" with an explicit deny in a resource-based policy`
	if got := d.Message(put); got != message {
		t.Errorf("got %s\nwant %s", got, message)
	}

	decrypt := ask(alice, "kms:Decrypt", keyARN)
	d = Evaluate(decrypt, Policies{}.on("key policy", KeyPolicy("aws", admin, nil, nil)))
	if want := (Decision{Type: IdentityBased, Statement: -1, Why: "no identity-based policy allows kms:Decrypt on " + keyARN}); !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v\nwant %+v", d, want)
	}
	message = "User: " + alice + " is not authorized to perform: kms:Decrypt on resource: " + keyARN +
		" because no identity-based policy allows the kms:Decrypt action"
	if got := d.Message(decrypt); got != message {
		t.Errorf("got %s\nwant %s", got, message)
	}

	odd := doc(t, `{"Sid":"Odd","Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringSame":{"aws:username":"alice"}}}`)
	d = Evaluate(decrypt, identity(odd))
	if d.Allowed || !strings.Contains(d.Why, "statement Odd of the group policy would, but StringSame is not a condition operator") {
		t.Errorf("an unknown operator must not match and be named: %+v", d)
	}
	if text := (Decision{Allowed: true}).Message(put); text != "" {
		t.Errorf("an allowed request has a refusal: %q", text)
	}
}

// A sandbox of 1,000 environments asks this for every call it answers.
func BenchmarkEvaluate(b *testing.B) {
	arns := make([]string, 100)
	for i := range arns {
		arns[i] = fmt.Sprintf("arn:aws:iam::%012d:role/TerraformAdmin", i)
	}
	access := StateAccess{Partition: "aws", Region: "eu-west-1", Account: admin, Bucket: "acme-state", Keys: []string{"a", "b", "c"}, Table: "locks", Lockfile: true}
	p := identity(AssumeRoles(arns), OwnCredentials("aws"), State(access)).
		on("bucket policy", Bucket(BucketRules{Partition: "aws", Bucket: "acme-state", KMSKeyARN: keyARN, Strict: true}))
	r := ask(alice, "s3:PutObject", bucket+"/c", algorithmHeader, "aws:kms", keyHeader, keyARN, "aws:SecureTransport", "true")
	for b.Loop() {
		if !Evaluate(r, p).Allowed {
			b.Fatal("refused")
		}
	}
}

// TestADecisionTellsWhatItDoesNotKnow: a condition key that the request lacks is no part
// of a certain answer, unless what is known decides without it.
func TestADecisionTellsWhatItDoesNotKnow(t *testing.T) {
	put := ask(alice, "kms:PutKeyPolicy", keyARN, "aws:RequestedRegion", "eu-west-1")
	deny := func(condition string) Policies {
		return identity(doc(t, all), doc(t, `[{"Effect":"Deny","Action":"kms:*","Resource":"*","Condition":`+condition+`}]`))
	}
	for condition, want := range map[string]struct {
		allowed bool
		missing []string
	}{
		`{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}`:                                   {true, nil},
		`{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`:                                      {false, nil},
		`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`:                                            {false, []string{"aws:SourceIp"}},
		`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringEquals":{"aws:RequestedRegion":"x"}}`: {true, nil},
		`{"Bool":{"aws:ViaAWSService":"false"},"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`: {true, []string{"aws:ViaAWSService"}},
		`{"Null":{"aws:SourceVpce":"true"},"ArnNotLike":{"aws:SourceArn":"arn:aws:iam::*:role/x"}}`: {false, []string{"aws:SourceArn", "aws:SourceVpce"}},
	} {
		d := Evaluate(put, deny(condition))
		if d.Allowed != want.allowed || !slices.Equal(d.Missing, want.missing) {
			t.Errorf("%s: %+v", condition, d)
		}
	}
}

// TestATrustThatListsLetsInWhoeverHasThePermissionSetAndNobodyElse, with the path that the
// role has in any identity region, and not a set whose name begins alike.
func TestATrustThatListsLetsInWhoeverHasThePermissionSetAndNobodyElse(t *testing.T) {
	t.Parallel()
	trust := Document{Version: Version2012, Statements: []Statement{IdentityTrust("aws", admin, "o-abcdefghij", []string{"Terraform-admins"})}}
	role := "arn:aws:iam::" + member + ":role/TerraformAdmin"
	policies := identity(AssumeRoles([]string{role})).on("the role's trust policy", trust)
	reserved := "arn:aws:iam::" + admin + ":role/aws-reserved/sso.amazonaws.com/"
	for arn, want := range map[string]bool{
		reserved + "eu-central-1/AWSReservedSSO_Terraform-admins_de16e1f91390ec6a":         true,
		reserved + "AWSReservedSSO_Terraform-admins_de16e1f91390ec6a":                      true,
		reserved + "eu-central-1/AWSReservedSSO_Terraform-admins_other_de16e1f91390ec6a":   false,
		reserved + "eu-central-1/AWSReservedSSO_Terraform-other_de16e1f91390ec6a":          false,
		"arn:aws:iam::" + admin + ":role/AWSReservedSSO_Terraform-admins_de16e1f91390ec6a": false,
	} {
		request := ask(arn, "sts:AssumeRole", role, "aws:PrincipalArn", arn, "aws:PrincipalOrgID", "o-abcdefghij")
		if got := Evaluate(request, policies).Allowed; got != want {
			t.Errorf("%s: let in is %v", arn, got)
		}
	}
}
