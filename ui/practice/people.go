package practice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
)

// TokenDir is where the tokens of sign-ins lie, in the home of whoever is at work.
func (l *Lab) TokenDir() string {
	return filepath.Join(filepath.Dir(l.Environ.Get("AWS_CONFIG_FILE")), "sso", "cache")
}

// People lets the lab have an Identity Center with the groups of the blueprint, of which
// somebody is a member and sits at the browser. Where no group signs in there it has none.
func (l *Lab) People(b *blueprint.Blueprint) error {
	groups := b.IdentityGroups()
	if len(groups) == 0 || l.Server.StartURL() != "" {
		return nil
	}
	region := b.IdentityCenter.Region
	if region == "" {
		region = b.StateRegion
	}
	l.Server.EnableIdentityCenter(sandbox.CenterOptions{Region: region, StartURL: b.IdentityCenter.StartURL})
	const person = me + "@example.com"
	members := map[string][]string{}
	for _, g := range groups {
		members[g.IdentityCenter] = []string{person}
	}
	err := l.Server.Directory(members)
	if err == nil {
		err = l.Server.SignIn(person)
	}
	if err != nil {
		return fmt.Errorf("the sandbox's directory: %w", err)
	}
	return nil
}

// Runners lets the lab have the runners whose roles the blueprint names.
func (l *Lab) Runners(b *blueprint.Blueprint) error {
	for _, ci := range b.CIs {
		if !ci.ByRole() {
			continue
		}
		for _, role := range slices.Concat(ci.Plan, ci.Apply) {
			if _, err := l.Server.Runner(role); err != nil {
				return fmt.Errorf("the sandbox's runners: %w", err)
			}
		}
	}
	return nil
}

// Runner gives a session of a runner's role, as one of these.
func (l *Lab) Runner(sessions *awsops.Sessions, role string) (*awsops.Session, error) {
	c, err := l.Server.Runner(role)
	if err != nil {
		return nil, fmt.Errorf("the sandbox's runners: %w", err)
	}
	return sessions.With(c.AccessKeyID, secret.New(c.SecretAccessKey), secret.New(c.SessionToken), l.region), nil
}

// Browse is the browser of whoever rehearses, who agrees to every sign-in: it follows where
// it is sent.
func (l *Lab) Browse(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("the sandbox's browser: %w", err)
	}
	page, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the sandbox's browser: %w", err)
	}
	_, err = io.Copy(io.Discard, page.Body)
	return errors.Join(err, page.Body.Close())
}
