package laptop

import (
	"slices"

	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/troubleshoot/health"
)

// use is a profile that Terraform takes, with the places that make it, and what
// became of it: where its credentials come from, or why there are none.
type use struct {
	profile string
	named   []string
	source  string
	trouble *sourceTrouble
}

// trouble is why a profile that is taken gives no credentials; nil where it does, and
// where nothing can be said of it.
func (in *inputs) trouble(profile string) *sourceTrouble {
	for _, u := range in.uses {
		if u.profile == profile {
			return u.trouble
		}
	}
	return nil
}

// readable tells that both AWS files could be read, by AWS's tools too.
func (f *awsFiles) readable() bool {
	return f.credentialsErr == nil && f.configErr == nil && len(steps.Misencoded(f.credentials, f.config)) == 0
}

// profileUse is how Terraform comes to its credentials in one place.
type profileUse struct {
	// profile is empty where no profile decides, and how then says what does.
	profile, how string
	// named is where the profile is named.
	named string
}

// backendIdentity is whose credentials the project's backend takes. Explicit
// keys win over a profile, an explicit profile over the environment
// (facts/credential-files.md).
func backendIdentity(in *inputs, p project) profileUse {
	b := p.S3()
	if b == nil {
		if in.answers.ProfileInFiles {
			return profileUse{profile: in.answers.AdminProfile, named: "the blueprint"}
		}
		return environmentIdentity(in)
	}
	if b.Attributes.Find("access_key") != nil && b.Attributes.Find("secret_key") != nil {
		return profileUse{how: "the keys in the backend, " + p.At("access_key")}
	}
	return explicit(in, b.Attributes, p.At("profile"))
}

// explicit is the identity of a block's profile argument.
func explicit(in *inputs, attributes tf.Attributes, at string) profileUse {
	named := attributes.Find("profile")
	switch {
	case named == nil || named.Literal && named.Value == "":
		return environmentIdentity(in)
	case !named.Literal:
		return profileUse{how: "the expression " + named.Value + ", " + at}
	}
	return profileUse{profile: named.Value, named: at}
}

// environmentIdentity is what decides where no profile is named in the files:
// environment keys beat AWS_PROFILE.
func environmentIdentity(in *inputs) profileUse {
	get := in.env.Environ.Get
	switch {
	case get("AWS_ACCESS_KEY_ID") != "" && get("AWS_SECRET_ACCESS_KEY") != "":
		return profileUse{how: "the keys in the environment (AWS_ACCESS_KEY_ID)"}
	case get("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && get("AWS_ROLE_ARN") != "":
		return profileUse{how: "the web identity of the environment (AWS_ROLE_ARN)"}
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if value := get(name); value != "" {
			return profileUse{profile: value, named: name}
		}
	}
	if get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || get("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" {
		return profileUse{how: "the credentials of this container"}
	}
	return profileUse{profile: "default", named: "nothing: the SDK falls back to it"}
}

// usesOf are the profiles that are taken, in the order of the projects.
func usesOf(in *inputs) []use {
	var all []use
	take := func(id profileUse) {
		if id.profile == "" {
			return
		}
		i := slices.IndexFunc(all, func(u use) bool { return u.profile == id.profile })
		if i < 0 {
			i, all = len(all), append(all, use{profile: id.profile})
		}
		if !slices.Contains(all[i].named, id.named) {
			all[i].named = append(all[i].named, id.named)
		}
	}
	if in.answers.ProfileInFiles && !in.answers.WithoutBlueprint {
		take(profileUse{profile: in.answers.AdminProfile, named: "the blueprint"})
	}
	if len(in.projects) == 0 {
		take(environmentIdentity(in))
	}
	for _, p := range in.projects {
		take(backendIdentity(in, p))
		if at := p.Files.Provider(); at != nil {
			take(explicit(in, at.Attributes, health.ArgumentAt(at.Place, at.Attributes, "profile")))
		}
	}
	for i := range all {
		all[i].source, all[i].trouble = in.aws.source(all[i].profile)
	}
	if in.answers.Watching { // whose jobs run no Terraform
		all = slices.DeleteFunc(all, func(u use) bool { return u.trouble != nil && u.trouble.id == diagnosis.ProfileMissing.ID })
	}
	return all
}
