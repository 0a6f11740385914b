package troubleshoot

import (
	"context"
	"slices"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
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
		gates = h.gates(ctx, env, token)
	}
	f, told := &findings[at], steps.RefusedToken(h.Answers, gates, token)
	if f.Exact {
		f.Evidence += " " + told.Evidence
	} else {
		f.Lead, f.Evidence, f.Remedy = told.Lead, told.Evidence, told.Remedy
	}
	return findings
}

// gates are the roles that take tokens of the account of the role that this one was shown to,
// or of the admin account; nil where they cannot be read, so that the blueprint stands for
// them.
func (h *HealthCheck) gates(ctx context.Context, env *engine.Env, token diagnosis.TokenClaims) []steps.TokenGate {
	a, account := h.Answers, h.Answers.AdminAccount
	if role, known := awsops.ParseARN(token.Role); known {
		account = role.AccountID
	}
	s := env.Sessions.Home(a.StateRegion)
	if account != a.AdminAccount {
		i := slices.IndexFunc(a.Environments, func(e blueprint.Environment) bool { return e.Account == account })
		if i < 0 {
			return nil
		}
		s = env.Sessions.Reach(account, a.ReachOf(a.Environments[i]), a.StateRegion)
	} else if who, err := s.Identity(ctx); err != nil || who.Account != account {
		return nil
	}
	roles, err := s.Roles(ctx, "/")
	if err != nil {
		return nil
	}
	return slices.Concat([]steps.TokenGate{}, steps.GatesOf(roles))
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
