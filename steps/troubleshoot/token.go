package troubleshoot

import (
	"context"
	"slices"

	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// longestToken bounds the file of a token: AWS takes 20,000 characters (STS API reference,
// AssumeRoleWithWebIdentity).
const longestToken = 32 << 10

// tellToken says of a refused web identity token what it had and what the roles want. What
// it had a text tells (CloudTrail's event, claims that a job printed), or the file in which
// the token lies for the SDK. Of the token nothing else is shown, and nothing is kept.
func (h *HealthCheck) tellToken(ctx context.Context, env *engine.Env, findings []plan.Finding) []plan.Finding {
	at := slices.IndexFunc(findings, func(f plan.Finding) bool { return f.ID == diagnosis.WebIdentityDenied.ID })
	if at < 0 {
		return findings
	}
	token, found := diagnosis.ClaimsIn(h.Text)
	if !found && !h.OnlyText {
		token, found = h.tokenHere(ctx, env)
	}
	if !found {
		return findings
	}
	var gates []steps.TokenGate
	if !h.OnlyText {
		if roles, err := env.Sessions.Home(h.Answers.StateRegion).Roles(ctx, "/"); err == nil { // else the blueprint stands for them
			gates = slices.Concat([]steps.TokenGate{}, steps.GatesOf(roles))
		}
	}
	f, told := &findings[at], steps.RefusedToken(h.Answers, gates, token)
	if f.Remedy == diagnosis.WebIdentityDenied.Remedy {
		f.Lead, f.Evidence, f.Remedy = told.Lead, told.Evidence, told.Remedy
	} else { // AWS has said more exactly what is wrong
		f.Evidence += " " + told.Evidence
	}
	return findings
}

// tokenHere is what the token says that Terraform would show: that of the environment, or of
// the admin profile.
func (h *HealthCheck) tokenHere(ctx context.Context, env *engine.Env) (diagnosis.TokenClaims, bool) {
	path, role := env.Environ.Get("AWS_WEB_IDENTITY_TOKEN_FILE"), env.Environ.Get("AWS_ROLE_ARN")
	if path == "" {
		config, err := files.Read(env.ConfigPath)
		if err != nil {
			return diagnosis.TokenClaims{}, false
		}
		p, _ := profiles.Read(profiles.Config, config, h.Answers.AdminProfile)
		path, role = p.Get("web_identity_token_file"), p.Get("role_arn")
	}
	text, err := files.Load(ctx, path, files.Limit{Bytes: longestToken})
	if err != nil {
		return diagnosis.TokenClaims{}, false
	}
	token, found := diagnosis.ClaimsIn(string(text))
	token.Role = role
	return token, found
}
