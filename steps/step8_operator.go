package steps

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// operatorPatience bounds the operator's wait for a new role: longer waiting
// does not help one who needs no right to assume it.
const operatorPatience = 15 * time.Second

// mayProve tells whether the operator could use the back end at all: the policy
// in the README gives an operator no state to read or write, and a probe that
// fails for that reason proves nothing of the admins. It writes and deletes the
// probe's own object.
func (b *backendProbe) mayProve(ctx context.Context) (bool, error) {
	s, bucket := b.who.session, b.a.Bucket.Name
	err := s.PutObject(ctx, bucket, b.object(), []byte("{}"), awsops.PutOptions{KMSKeyARN: b.o.Key.Key.ARN, IfAbsent: true})
	if err != nil {
		return !lacksRight(err), nil // every other failure is the probe's to tell
	}
	return true, s.DeleteObject(ctx, bucket, b.object())
}

// provenAsOperator is the finding of a proof that says nothing of the group's
// policies.
func provenAsOperator(a *blueprint.Answers) plan.Finding {
	return plan.Finding{
		ID: "init.proven-as-operator", Severity: plan.Info,
		Evidence: fmt.Sprintf("This laptop has no profile %s, so the back end was proven with the operator's rights, not an admin's.", a.AdminProfile),
		Remedy:   "Run stateroom setup --me USER on an admin's laptop.",
	}
}

// operatorEnv is the environment of a child Terraform that acts as the operator,
// whose profile may stand on the command line alone: keys in the environment would
// win over it.
func operatorEnv(env *engine.Env) engine.Environment {
	vars := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": env.CredentialsPath, "AWS_CONFIG_FILE": env.ConfigPath}
	if env.Profile != "" {
		vars["AWS_PROFILE"] = env.Profile
		vars["AWS_ACCESS_KEY_ID"], vars["AWS_SECRET_ACCESS_KEY"], vars["AWS_SESSION_TOKEN"] = "", "", ""
	}
	return env.Environ.With(vars)
}

// lacksRight tells a right that was never given from one that a policy takes.
func lacksRight(err error) bool { return awsops.IsAccessDenied(err) && !awsops.IsExplicitDeny(err) }

// notProven is the finding of what only an admin could prove.
func notProven(id, what string) plan.Finding {
	return plan.Finding{
		ID: id, Severity: plan.Info,
		Evidence: what + " not proven: this laptop has no admin's profile, and the operator has not the rights of an admin, nor needs them.",
		Remedy:   "Run stateroom setup --me USER on an admin's laptop.",
	}
}

// refusals collect the environments whose role an operator may not assume.
type refusals struct {
	mu           sync.Mutex
	environments []string
}

func (r *refusals) add(environment string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.environments = append(r.environments, environment)
}

// findings is one finding for all of them, however many there are.
func (r *refusals) findings() []plan.Finding {
	if len(r.environments) == 0 {
		return nil
	}
	slices.Sort(r.environments)
	return []plan.Finding{notProven("iam.roles-not-proven",
		fmt.Sprintf("The roles of %d environments, such as %s, were", len(r.environments), r.environments[0]))}
}
