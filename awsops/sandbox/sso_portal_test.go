package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	oidctypes "github.com/aws/aws-sdk-go-v2/service/ssooidc/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	redirectURI = "http://127.0.0.1/oauth/callback"
	verifier    = "a-verifier-of-at-least-forty-three-characters-in-length"
)

// signInStage is a company whose alice is an admin by Identity Center: she may describe
// the organization, and nothing else.
type signInStage struct {
	*centerStage
	clock *clock
	set   *string
}

func newSignInStage(t *testing.T, o CenterOptions) *signInStage {
	t.Helper()
	clock := newClock()
	o.Region = centerRegion
	st := &signInStage{centerStage: &centerStage{serve(t, Options{Now: clock.now, IdentityCenter: o}), t}, clock: clock}
	st.must(st.Directory(map[string][]string{"Admins": {"alice@acme.com"}, "Others": {"bob@acme.com"}}))
	st.set = st.centerStage.set("Terraform-admins")
	st.must(st.attach(st.set, st.policy("describe", "organizations:DescribeOrganization")))
	if end := st.assign(st.Operator(), st.set, managementAccount, "Admins"); end.Status != "SUCCEEDED" {
		t.Fatalf("the assignment is %+v", end)
	}
	return st
}

// oidc and portal are clients that have no credentials.
func (st *signInStage) oidc() *ssooidc.Client {
	return ssooidc.New(ssooidc.Options{Region: centerRegion, BaseEndpoint: aws.String(st.URL()), RetryMaxAttempts: 1})
}

func (st *signInStage) portal() *sso.Client {
	return sso.New(sso.Options{Region: centerRegion, BaseEndpoint: aws.String(st.URL()), RetryMaxAttempts: 1})
}

// register makes a client known that uses the browser and may renew.
func (st *signInStage) register() *ssooidc.RegisterClientOutput {
	st.t.Helper()
	out, err := st.oidc().RegisterClient(st.t.Context(), &ssooidc.RegisterClientInput{
		ClientName: aws.String("test"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"}, IssuerUrl: aws.String(st.StartURL()),
		GrantTypes: []string{"authorization_code", "refresh_token"}, RedirectUris: []string{redirectURI},
	})
	st.must(err)
	return out
}

// registerDevice makes a client known that polls.
func (st *signInStage) registerDevice() *ssooidc.RegisterClientOutput {
	st.t.Helper()
	out, err := st.oidc().RegisterClient(st.t.Context(), &ssooidc.RegisterClientInput{
		ClientName: aws.String("test"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"},
	})
	st.must(err)
	return out
}

// browse opens an address of the sign-in service's and gives where it leads, without
// going there.
func (st *signInStage) browse(client *ssooidc.RegisterClientOutput, alter func(url.Values)) (status int, to *url.URL) {
	st.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {*client.ClientId}, "redirect_uri": {"http://127.0.0.1:4711/oauth/callback"}, "state": {"a-state"},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "scopes": {"sso:account:access"},
	}
	if alter != nil {
		alter(query)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(st.t.Context(), http.MethodGet, st.URL()+"/authorize?"+query.Encode(), nil)
	st.must(err)
	out, err := browser.Do(r)
	st.must(err)
	st.must(out.Body.Close())
	to, err = url.Parse(out.Header.Get("Location"))
	st.must(err)
	return out.StatusCode, to
}

// redeem gives a token for what the browser brought.
func (st *signInStage) redeem(client *ssooidc.RegisterClientOutput, to *url.URL) (*ssooidc.CreateTokenOutput, error) {
	return st.oidc().CreateToken(st.t.Context(), &ssooidc.CreateTokenInput{
		ClientId: client.ClientId, ClientSecret: client.ClientSecret, GrantType: aws.String("authorization_code"),
		Code: aws.String(to.Query().Get("code")), CodeVerifier: aws.String(verifier), RedirectUri: aws.String("http://127.0.0.1:4711/oauth/callback"),
	})
}

// signIn gives somebody's token and the client that it is of.
func (st *signInStage) signIn(userName string) (*ssooidc.CreateTokenOutput, *ssooidc.RegisterClientOutput) {
	st.t.Helper()
	st.must(st.SignIn(userName))
	client := st.register()
	_, to := st.browse(client, nil)
	token, err := st.redeem(client, to)
	st.must(err)
	return token, client
}

func (st *signInStage) refresh(client *ssooidc.RegisterClientOutput, token *ssooidc.CreateTokenOutput) (*ssooidc.CreateTokenOutput, error) {
	return st.oidc().CreateToken(st.t.Context(), &ssooidc.CreateTokenInput{
		ClientId: client.ClientId, ClientSecret: client.ClientSecret, GrantType: aws.String("refresh_token"), RefreshToken: token.RefreshToken,
	})
}

// enter gives the credentials of a role.
func (st *signInStage) enter(token *string, account, role string) (Credentials, error) {
	out, err := st.portal().GetRoleCredentials(st.t.Context(), &sso.GetRoleCredentialsInput{AccessToken: token, AccountId: &account, RoleName: &role})
	if err != nil {
		return Credentials{}, err
	}
	if left := time.UnixMilli(out.RoleCredentials.Expiration).Sub(st.clock.now()); left != time.Hour {
		st.t.Errorf("the credentials last for %s", left)
	}
	return Credentials{*out.RoleCredentials.AccessKeyId, *out.RoleCredentials.SecretAccessKey, *out.RoleCredentials.SessionToken}, nil
}

func TestBrowserSignInLeadsToTheReservedRole(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	st.must(st.SignIn("alice@acme.com"))
	client := st.register()
	status, to := st.browse(client, nil)
	if status != http.StatusFound || to.Host != "127.0.0.1:4711" || to.Query().Get("state") != "a-state" {
		t.Fatalf("the browser is answered %d and sent to %s", status, to)
	}
	token, err := st.redeem(client, to)
	st.must(err)
	if token.ExpiresIn != 3600 || *token.TokenType != "Bearer" || token.RefreshToken == nil || token.IdToken != nil {
		t.Errorf("the token is %+v", token)
	}
	who, err := st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	st.must(err)
	id, err := sts.NewFromConfig(st.config(who)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	st.must(err)
	if want := "arn:aws:sts::111111111111:assumed-role/" + st.reservedRole(managementAccount) + "/alice@acme.com"; *id.Arn != want || !strings.HasSuffix(*id.UserId, ":alice@acme.com") {
		t.Errorf("she is %s, %s", *id.Arn, *id.UserId)
	}
	_, err = organizations.NewFromConfig(st.config(who)).DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})
	st.must(err)
	_, err = iam.NewFromConfig(st.config(who)).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: aws.String("operator")})
	wantError(t, err, "AccessDenied", st.reservedRole(managementAccount)+"/alice@acme.com is not authorized to perform: iam:ListMFADevices")
	for _, secret := range []string{*client.ClientSecret, to.Query().Get("code"), *token.AccessToken, *token.RefreshToken, who.SecretAccessKey, who.SessionToken} {
		if !slices.Contains(st.Secrets(), secret) {
			t.Errorf("%s is no secret that was given out", secret)
		}
	}
}

func TestBrowserSignInTellsWhyThereIsNoCode(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	client := st.register()
	is := func(name, want string, alter func(url.Values)) {
		t.Helper()
		status, to := st.browse(client, alter)
		if got := to.Query().Get("error"); status != http.StatusFound || got != want || to.Query().Get("code") != "" || to.Query().Get("state") != "a-state" {
			t.Errorf("%s: answered %d, sent to %s, want %s", name, status, to, want)
		}
	}
	is("nobody is signed in", "access_denied", nil)
	st.must(st.SignIn("alice@acme.com"))
	is("without a challenge", "invalid_request", func(q url.Values) { q.Del("code_challenge") })
	is("a challenge in clear", "invalid_request", func(q url.Values) { q.Set("code_challenge_method", "plain") })
	is("another scope", "invalid_scope", func(q url.Values) { q.Set("scopes", "openid") })
	st.RefuseSignIn()
	is("refused", "access_denied", nil)
	st.must(st.SignIn("alice@acme.com"))
	for name, alter := range map[string]func(url.Values){
		"an unknown client":        func(q url.Values) { q.Set("client_id", "x") },
		"another path":             func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1:4711/elsewhere") },
		"another host":             func(q url.Values) { q.Set("redirect_uri", "http://evil.example/oauth/callback") },
		"a name for this machine":  func(q url.Values) { q.Set("redirect_uri", "http://localhost:4711/oauth/callback") },
		"a query in the address":   func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1:4711/oauth/callback?a=b") },
		"another way to reach one": func(q url.Values) { q.Set("redirect_uri", "https://127.0.0.1:4711/oauth/callback") },
	} {
		if status, to := st.browse(client, alter); status != http.StatusBadRequest || to.String() != "" {
			t.Errorf("%s: answered %d, sent to %s", name, status, to)
		}
	}
	if err := st.SignIn("eve"); err == nil {
		t.Error("somebody signed in who is not in the store")
	}
}

func TestCodeIsTakenOnceFromWhoSentTheBrowser(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	st.must(st.SignIn("alice@acme.com"))
	client, other := st.register(), st.register()
	for name, alter := range map[string]func(*ssooidc.CreateTokenInput){
		"another client":   func(in *ssooidc.CreateTokenInput) { in.ClientId, in.ClientSecret = other.ClientId, other.ClientSecret },
		"another verifier": func(in *ssooidc.CreateTokenInput) { in.CodeVerifier = aws.String("x" + verifier) },
		"another address":  func(in *ssooidc.CreateTokenInput) { in.RedirectUri = aws.String(redirectURI) },
		"another code":     func(in *ssooidc.CreateTokenInput) { in.Code = aws.String("x") },
		"too late":         func(*ssooidc.CreateTokenInput) { st.clock.add(10 * time.Minute) },
	} {
		_, to := st.browse(client, nil)
		in := &ssooidc.CreateTokenInput{
			ClientId: client.ClientId, ClientSecret: client.ClientSecret, GrantType: aws.String("authorization_code"),
			Code: aws.String(to.Query().Get("code")), CodeVerifier: aws.String(verifier), RedirectUri: aws.String("http://127.0.0.1:4711/oauth/callback"),
		}
		alter(in)
		_, err := st.oidc().CreateToken(t.Context(), in)
		var invalid *oidctypes.InvalidGrantException
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, to := st.browse(client, nil)
	_, err := st.redeem(client, to)
	st.must(err)
	_, err = st.redeem(client, to)
	wantError(t, err, "InvalidGrantException", "")
	client.ClientSecret = aws.String("x")
	_, err = st.redeem(client, to)
	wantError(t, err, "InvalidClientException", "")
}

func TestRegistrationIsChecked(t *testing.T) {
	st := newSignInStage(t, CenterOptions{StartURL: "https://acme.awsapps.com/start"})
	good := ssooidc.RegisterClientInput{
		ClientName: aws.String("test"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"}, IssuerUrl: aws.String(st.StartURL()),
		GrantTypes: []string{"authorization_code"}, RedirectUris: []string{redirectURI},
	}
	for want, alter := range map[string]func(*ssooidc.RegisterClientInput){
		"InvalidClientMetadataException": func(in *ssooidc.RegisterClientInput) { in.ClientType = aws.String("confidential") },
		"InvalidScopeException":          func(in *ssooidc.RegisterClientInput) { in.Scopes = []string{"everything"} },
		"UnsupportedGrantTypeException":  func(in *ssooidc.RegisterClientInput) { in.GrantTypes = []string{"password"} },
		"InvalidRedirectUriException":    func(in *ssooidc.RegisterClientInput) { in.RedirectUris = []string{"https://evil.example/"} },
		"InvalidRequestException":        func(in *ssooidc.RegisterClientInput) { in.IssuerUrl = aws.String("https://other.awsapps.com/start") },
		"":                               func(*ssooidc.RegisterClientInput) {},
	} {
		in := good
		alter(&in)
		_, err := st.oidc().RegisterClient(t.Context(), &in)
		wantError(t, err, want, "")
	}
	client := st.registerDevice()
	for address, want := range map[string]string{
		"https://acme.awsapps.com/start": "", "https://acme.awsapps.com/start#/": "", "https://" + *st.id() + ".awsapps.com/start/": "",
		"https://identitycenter.amazonaws.com/" + st.center.id: "", "https://other.awsapps.com/start": "InvalidRequestException", "": "InvalidRequestException",
	} {
		_, err := st.oidc().StartDeviceAuthorization(t.Context(), &ssooidc.StartDeviceAuthorizationInput{ClientId: client.ClientId, ClientSecret: client.ClientSecret, StartUrl: aws.String(address)})
		wantError(t, err, want, "")
	}
	_, err := st.redeem(client, &url.URL{})
	wantError(t, err, "UnauthorizedClientException", "") // it has registered for a device code
	for range mostSignIns {
		if _, err = st.oidc().RegisterClient(t.Context(), &good); err != nil {
			break
		}
	}
	wantError(t, err, "SlowDownException", "")
}

func TestDeviceSignInIsPolledFor(t *testing.T) {
	st := newSignInStage(t, CenterOptions{Pending: 2, Interval: 5 * time.Second})
	client := st.registerDevice()
	start := func() *ssooidc.StartDeviceAuthorizationOutput {
		t.Helper()
		out, err := st.oidc().StartDeviceAuthorization(t.Context(), &ssooidc.StartDeviceAuthorizationInput{
			ClientId: client.ClientId, ClientSecret: client.ClientSecret, StartUrl: aws.String(st.StartURL()),
		})
		st.must(err)
		return out
	}
	poll := func(device *ssooidc.StartDeviceAuthorizationOutput) (*ssooidc.CreateTokenOutput, error) {
		return st.oidc().CreateToken(t.Context(), &ssooidc.CreateTokenInput{
			ClientId: client.ClientId, ClientSecret: client.ClientSecret, DeviceCode: device.DeviceCode,
			GrantType: aws.String("urn:ietf:params:oauth:grant-type:device_code"),
		})
	}
	device := start()
	if device.Interval != 5 || device.ExpiresIn != 600 || !strings.HasSuffix(*device.VerificationUriComplete, "user_code="+*device.UserCode) {
		t.Errorf("the device is told %+v", device)
	}
	_, err := poll(device)
	wantError(t, err, "AuthorizationPendingException", "")
	_, err = poll(device)
	wantError(t, err, "SlowDownException", "")
	for range 4 { // two polls, then nobody is there
		st.clock.add(5 * time.Second)
		_, err = poll(device)
		wantError(t, err, "AuthorizationPendingException", "")
	}
	st.must(st.SignIn("alice@acme.com"))
	st.clock.add(5 * time.Second)
	token, err := poll(device)
	st.must(err)
	_, err = st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	st.must(err)
	st.clock.add(5 * time.Second)
	_, err = poll(device)
	wantError(t, err, "InvalidGrantException", "")

	late := start()
	st.clock.add(10 * time.Minute)
	_, err = poll(late)
	wantError(t, err, "ExpiredTokenException", "")

	st.RefuseSignIn()
	refused := start()
	for range 2 {
		_, err = poll(refused)
		wantError(t, err, "AuthorizationPendingException", "")
		st.clock.add(5 * time.Second)
	}
	_, err = poll(refused)
	wantError(t, err, "AccessDeniedException", "")
}

func TestTokenIsRenewedUntilThePortalSessionIsOver(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	token, client := st.signIn("alice@acme.com")
	st.clock.add(time.Hour)
	_, err := st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	wantError(t, err, "UnauthorizedException", "Session token not found or invalid")
	again, err := st.refresh(client, token)
	st.must(err)
	_, err = st.enter(again.AccessToken, managementAccount, "Terraform-admins")
	st.must(err)
	st.clock.add(6*time.Hour + 30*time.Minute)
	if last, err := st.refresh(client, again); err != nil || last.ExpiresIn != 1800 {
		t.Errorf("the last token is %+v: %v", last, err)
	}
	st.clock.add(30 * time.Minute)
	_, err = st.refresh(client, token)
	wantError(t, err, "InvalidGrantException", "")
}

func TestPortalLetsInWhoIsAssignedAlone(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	ctx := t.Context()
	more := st.centerStage.set("More")
	st.assign(st.Operator(), more, "222222222222", "Admins")
	alice, _ := st.signIn("alice@acme.com")
	bob, _ := st.signIn("bob@acme.com")
	for _, c := range []struct {
		token         *string
		account, role string
		code          string
	}{
		{alice.AccessToken, managementAccount, "Terraform-admins", ""},
		{alice.AccessToken, "222222222222", "More", ""},
		{alice.AccessToken, "222222222222", "Terraform-admins", "ForbiddenException"},
		{alice.AccessToken, managementAccount, "AWSReservedSSO_Terraform-admins", "ForbiddenException"},
		{alice.AccessToken, "999999999999", "Terraform-admins", "ForbiddenException"},
		{bob.AccessToken, managementAccount, "Terraform-admins", "ForbiddenException"},
		{aws.String("x"), managementAccount, "Terraform-admins", "UnauthorizedException"},
		{alice.AccessToken, "", "Terraform-admins", "InvalidRequestException"},
	} {
		_, err := st.enter(c.token, c.account, c.role)
		wantError(t, err, c.code, "")
	}
	pages := sso.NewListAccountsPaginator(st.portal(), &sso.ListAccountsInput{AccessToken: alice.AccessToken, MaxResults: aws.Int32(1)})
	var accounts []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		st.must(err)
		for _, a := range page.AccountList {
			accounts = append(accounts, *a.AccountId+" "+*a.AccountName)
		}
	}
	if want := []string{"111111111111 admin", "222222222222 staging"}; !slices.Equal(accounts, want) {
		t.Errorf("alice's accounts are %v", accounts)
	}
	roles, err := st.portal().ListAccountRoles(ctx, &sso.ListAccountRolesInput{AccessToken: alice.AccessToken, AccountId: aws.String(managementAccount)})
	if err != nil || len(roles.RoleList) != 1 || *roles.RoleList[0].RoleName != "Terraform-admins" {
		t.Errorf("alice's roles are %+v: %v", roles, err)
	}
	_, err = st.portal().ListAccountRoles(ctx, &sso.ListAccountRolesInput{AccessToken: bob.AccessToken, AccountId: aws.String(managementAccount)})
	wantError(t, err, "ForbiddenException", "No access")
}

func TestOffBoardingEndsWhatAWSWouldEnd(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	ctx := t.Context()
	token, client := st.signIn("alice@acme.com")
	who, err := st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	st.must(err)
	describe := func() error {
		_, err := organizations.NewFromConfig(st.config(who)).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
		return err
	}
	groups, err := st.store().ListGroupMembershipsForMember(ctx, &identitystore.ListGroupMembershipsForMemberInput{
		IdentityStoreId: st.id(), MemberId: memberOf(*st.userID("alice@acme.com")),
	})
	st.must(err)
	_, err = st.store().DeleteGroupMembership(ctx, &identitystore.DeleteGroupMembershipInput{IdentityStoreId: st.id(), MembershipId: groups.GroupMemberships[0].MembershipId})
	st.must(err)
	_, err = st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	wantError(t, err, "ForbiddenException", "No access")
	st.must(describe()) // a role's session lives on

	// A statement about the person in the referenced policy ends it.
	arn := aws.String("arn:aws:iam::111111111111:policy/stateroom/describe")
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"organizations:*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":"` + *st.userID("alice@acme.com") + `"}}}]}`
	_, err = st.iam().CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &deny, SetAsDefault: true})
	st.must(err)
	wantError(t, describe(), "AccessDeniedException", "explicit deny")

	_, err = st.portal().Logout(ctx, &sso.LogoutInput{AccessToken: token.AccessToken})
	st.must(err)
	_, err = st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	wantError(t, err, "UnauthorizedException", "")
	_, err = st.refresh(client, token)
	wantError(t, err, "InvalidGrantException", "")

	// Somebody who is no longer in the store has no session either.
	bob, _ := st.signIn("bob@acme.com")
	_, err = st.store().DeleteUser(ctx, &identitystore.DeleteUserInput{IdentityStoreId: st.id(), UserId: st.userID("bob@acme.com")})
	st.must(err)
	_, err = st.portal().ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: bob.AccessToken})
	wantError(t, err, "UnauthorizedException", "")
}

func TestRoleGoesWithItsLastAssignment(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	token, _ := st.signIn("alice@acme.com")
	who, err := st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	st.must(err)
	st.unassign(st.set, managementAccount, "Admins")
	_, err = organizations.NewFromConfig(st.config(who)).DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})
	wantError(t, err, "AccessDeniedException", "organizations:DescribeOrganization")
	_, err = st.enter(token.AccessToken, managementAccount, "Terraform-admins")
	wantError(t, err, "ForbiddenException", "No access")
}

// TestGoSDKRenewsTheTokenOfACache has the SDK's own providers read a token cache, renew
// what has expired and enter the role, as Terraform does.
func TestGoSDKRenewsTheTokenOfACache(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	token, client := st.signIn("alice@acme.com")
	cache := filepath.Join(t.TempDir(), "token.json")
	st.must(os.WriteFile(cache, fmt.Appendf(nil, `{"startUrl":%q,"region":%q,"accessToken":"expired","expiresAt":%q,"clientId":%q,"clientSecret":%q,"registrationExpiresAt":%q,"refreshToken":%q}`,
		st.StartURL(), centerRegion, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), *client.ClientId, *client.ClientSecret,
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339), *token.RefreshToken), 0o600))
	provider := ssocreds.New(st.portal(), managementAccount, "Terraform-admins", st.StartURL(), func(o *ssocreds.Options) {
		o.CachedTokenFilepath, o.SSOTokenProvider = cache, ssocreds.NewSSOTokenProvider(st.oidc(), cache)
	})
	got, err := provider.Retrieve(t.Context())
	st.must(err)
	id, err := sts.NewFromConfig(st.config(Credentials{got.AccessKeyID, got.SecretAccessKey, got.SessionToken})).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || !strings.HasSuffix(*id.Arn, "/alice@acme.com") {
		t.Errorf("the session is of %+v: %v", id, err)
	}
	text, err := os.ReadFile(cache)
	if err != nil || strings.Contains(string(text), `"expired"`) || !strings.Contains(string(text), *token.RefreshToken) {
		t.Errorf("the cache is %s: %v", text, err)
	}
}

func TestCallsThatNobodySignsAreShortAndFewAndLogged(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	post := func(path, body string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, st.URL()+path, strings.NewReader(body))
		st.must(err)
		out, err := http.DefaultClient.Do(r)
		st.must(err)
		st.must(out.Body.Close())
		return out.StatusCode
	}
	if status := post("/client/register", strings.Repeat(" ", maxUnsigned+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long registration is answered %d", status)
	}
	if status := post("/token", "nope"); status != http.StatusBadRequest {
		t.Errorf("a body that is no JSON is answered %d", status)
	}
	// A method or a path besides is what it always was.
	if status := post("/authorize", ""); status != http.StatusForbidden {
		t.Errorf("another method is answered %d", status)
	}
	st.signIn("alice@acme.com")
	var names []string
	for _, e := range st.Log() {
		if e.Service == "sso-oauth" && e.Code == "" {
			names = append(names, e.Operation)
			if e.Mutating || e.Account != "" {
				t.Errorf("%+v", e)
			}
		}
	}
	if !slices.Equal(names, []string{"RegisterClient", "Authorize", "CreateToken"}) {
		t.Errorf("logged: %v", names)
	}
	st.Intercept(Script(map[string][]Fault{"sso-oauth:RegisterClient": {{Throttle: true}}, "awsssoportal:ListAccounts": {{Throttle: true}}}))
	_, err := st.oidc().RegisterClient(t.Context(), &ssooidc.RegisterClientInput{ClientName: aws.String("test"), ClientType: aws.String("public")})
	wantError(t, err, "SlowDownException", "")
	_, err = st.portal().ListAccounts(t.Context(), &sso.ListAccountsInput{AccessToken: aws.String("x")})
	wantError(t, err, "TooManyRequestsException", "")
}
