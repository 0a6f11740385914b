package awsops

import (
	"encoding/json"
	"fmt"
	"time"

	"stateroom/awsops/secret"
)

// Portal is where an organization's people sign in with IAM Identity Center.
type Portal struct{ StartURL, Region string }

// PortalToken is what signing in at a portal gives: with it credentials of a permission
// set are had.
type PortalToken struct {
	Access secret.Secret
	// Expires is when Access does. Refresh renews it before and after that, as long as the
	// person's session at the portal lasts; it is empty for one that cannot be renewed.
	Expires time.Time
	Refresh secret.Secret
	// Client is the registration that the token was given to, which alone may renew it.
	Client SignInClient
}

// SignInClient is a registration of this program at a portal.
type SignInClient struct {
	ID      string
	Secret  secret.Secret
	Expires time.Time
}

// Valid tells whether the token will still count for a while.
func (t PortalToken) Valid(now time.Time, left time.Duration) bool {
	return !t.Access.IsZero() && t.Expires.Sub(now) > left
}

// Renewable tells whether the token can be had anew without anybody signing in.
func (t PortalToken) Renewable(now time.Time) bool {
	return !t.Refresh.IsZero() && t.Client.ID != "" && !t.Client.Secret.IsZero() && now.Before(t.Client.Expires)
}

// cachedToken is the file of a session's token as the AWS CLI writes it (version 2.36.7)
// and every SDK reads it. Times end in Z: the Go SDK takes no other form.
type cachedToken struct {
	StartURL     string `json:"startUrl,omitempty"`
	Region       string `json:"region,omitempty"`
	Access       string `json:"accessToken,omitempty"`
	Expires      string `json:"expiresAt,omitempty"`
	ClientID     string `json:"clientId,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty"`
	Registration string `json:"registrationExpiresAt,omitempty"`
	Refresh      string `json:"refreshToken,omitempty"`
}

// Cached is the file in which AWS's tools look for the token of a session. It is secret.
func (t PortalToken) Cached(at Portal) ([]byte, error) {
	text, err := json.Marshal(cachedToken{
		StartURL: at.StartURL, Region: at.Region, Access: t.Access.Reveal(), Expires: cachedTime(t.Expires),
		ClientID: t.Client.ID, ClientSecret: t.Client.Secret.Reveal(), Registration: cachedTime(t.Client.Expires), Refresh: t.Refresh.Reveal(),
	})
	if err != nil {
		return nil, fmt.Errorf("the token of %s as JSON: %w", at.StartURL, err)
	}
	return text, nil
}

func cachedTime(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// ReadPortalToken reads such a file, whoever has written it, and where it is for. A file of
// which nothing can be made holds no token.
func ReadPortalToken(text []byte) (PortalToken, Portal) {
	var c cachedToken
	if json.Unmarshal(text, &c) != nil {
		return PortalToken{}, Portal{}
	}
	expires, err := time.Parse(time.RFC3339, c.Expires)
	if err != nil {
		return PortalToken{}, Portal{}
	}
	registration, _ := time.Parse(time.RFC3339, c.Registration) // without it nothing is renewed
	return PortalToken{
		Access: secret.New(c.Access), Expires: expires, Refresh: secret.New(c.Refresh),
		Client: SignInClient{ID: c.ClientID, Secret: secret.New(c.ClientSecret), Expires: registration},
	}, Portal{StartURL: c.StartURL, Region: c.Region}
}
