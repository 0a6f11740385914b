package sandbox

import (
	"regexp"
	"slices"
	"strings"
)

var aliasName = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)

type aliasInput struct{ AliasName, TargetKeyId string }

// aliasARN checks an alias name that a caller wants to write.
func (s *kmsService) aliasARN(r *request, name string) (string, error) {
	switch {
	case !strings.HasPrefix(name, "alias/"):
		return "", badRequest("ValidationException", "Invalid identifier")
	case !aliasName.MatchString(name):
		return "", badRequest("InvalidAliasNameException", "Alias must begin with the prefix \"alias/\" and contain only alphanumeric characters, forward slashes, underscores and dashes.")
	case strings.HasPrefix(name, "alias/aws/"):
		return "", badRequest("NotAuthorizedException", "")
	}
	return s.partition.arn("kms", r.region, r.account.id, name), nil
}

// targetKey finds the key that an alias shall point at and asks for the
// operation on the alias and on the key, as KMS does.
func (s *kmsService) targetKey(r *request, arn, id string) (*kmsKey, error) {
	if strings.HasPrefix(id, "alias/") || strings.Contains(id, ":alias/") {
		return nil, badRequest("ValidationException", "Aliases must refer to keys, not aliases")
	}
	key, err := s.find(r.account.id, r.region, id)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(r, "kms:"+r.operation, arn, r.account.id, nil, nil); err != nil {
		return nil, err
	}
	return key, s.authorizeKey(r, r.operation, key, nil)
}

func (s *kmsService) createAlias(r *request, in aliasInput) (any, error) {
	arn, err := s.aliasARN(r, in.AliasName)
	if err != nil {
		return nil, err
	}
	key, err := s.targetKey(r, arn, in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	if s.aliases[arn] != nil {
		return nil, badRequest("AlreadyExistsException", "An alias with the name %s already exists", arn)
	}
	if err := key.changeable(); err != nil {
		return nil, err
	}
	s.aliases[arn] = &kmsAlias{name: in.AliasName, arn: arn, target: key.arn, created: r.now}
	s.appears(arn, r.now)
	return nil, nil
}

func (s *kmsService) deleteAlias(r *request, in aliasInput) (any, error) {
	arn, err := s.aliasARN(r, in.AliasName)
	if err != nil {
		return nil, err
	}
	alias := s.aliases[arn]
	if alias == nil {
		return nil, aliasNotFound(arn)
	}
	if _, err := s.targetKey(r, arn, alias.target); err != nil {
		return nil, err
	}
	delete(s.aliases, arn)
	return nil, nil
}

func aliasNotFound(arn string) error {
	return badRequest("NotFoundException", "Alias %s is not found.", arn)
}

// listAliases lists the caller's own aliases of the region. The aliases
// that AWS reserves (alias/aws/s3 and others) appear once they are in use.
func (s *kmsService) listAliases(r *request, in listInput) (any, error) {
	target := ""
	if in.KeyId != "" {
		key, err := s.find(r.account.id, r.region, in.KeyId)
		if err != nil {
			return nil, err
		}
		target = key.arn
	}
	if err := s.authorize(r, "kms:ListAliases", "*", r.account.id, nil, nil); err != nil {
		return nil, err
	}
	prefix := s.partition.arn("kms", r.region, r.account.id, "")
	shown := slices.DeleteFunc(inOrder(s.aliases), func(alias *kmsAlias) bool {
		return !strings.HasPrefix(alias.arn, prefix) || target != "" && alias.target != target
	})
	return kmsPage("Aliases", shown, in, func(alias *kmsAlias) any {
		return map[string]any{
			"AliasName": alias.name, "AliasArn": alias.arn, "TargetKeyId": alias.target[strings.LastIndexByte(alias.target, '/')+1:],
			"CreationDate": epoch(alias.created), "LastUpdatedDate": epoch(alias.created),
		}
	})
}

// aliasesOf lists the names of a key's aliases.
func (s *kmsService) aliasesOf(key *kmsKey) []string {
	var out []string
	for _, alias := range s.aliases {
		if alias.target == key.arn {
			out = append(out, alias.name)
		}
	}
	slices.Sort(out)
	return out
}
