package sandbox

import (
	"regexp"
	"slices"
	"strings"
)

var aliasName = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)

type aliasInput struct{ AliasName, TargetKeyId string }

// aliasARN checks an alias name that a caller wants to write.
func aliasARN(r *request, name string) (string, error) {
	switch {
	case !strings.HasPrefix(name, "alias/"):
		return "", kmsError("ValidationException", "Invalid identifier")
	case !aliasName.MatchString(name):
		return "", kmsError("InvalidAliasNameException", "Alias must begin with the prefix \"alias/\" and contain only alphanumeric characters, forward slashes, underscores and dashes.")
	case strings.HasPrefix(name, "alias/aws/"):
		return "", kmsError("NotAuthorizedException", "")
	}
	return "arn:aws:kms:" + r.region + ":" + r.account.id + ":" + name, nil
}

// targetKey finds the key that an alias shall point at and asks for the
// operation on the alias and on the key, as KMS does.
func (s *Server) targetKey(r *request, arn, id string) (*kmsKey, error) {
	if strings.HasPrefix(id, "alias/") || strings.Contains(id, ":alias/") {
		return nil, kmsError("ValidationException", "Aliases must refer to keys, not aliases")
	}
	key, err := s.kms.find(r.account.id, r.region, id)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(r, "kms:"+r.operation, arn, r.account.id, nil, nil); err != nil {
		return nil, err
	}
	return key, s.authorizeKey(r, r.operation, key, nil)
}

func (s *Server) kmsCreateAlias(r *request, in aliasInput) (any, error) {
	arn, err := aliasARN(r, in.AliasName)
	if err != nil {
		return nil, err
	}
	key, err := s.targetKey(r, arn, in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	if s.kms.aliases[arn] != nil {
		return nil, kmsError("AlreadyExistsException", "An alias with the name %s already exists", arn)
	}
	if err := key.notPendingDeletion(); err != nil {
		return nil, err
	}
	s.kms.aliases[arn] = &kmsAlias{name: in.AliasName, arn: arn, target: key.arn, created: r.now, updated: r.now}
	return nil, nil
}

func (s *Server) kmsDeleteAlias(r *request, in aliasInput) (any, error) {
	arn, err := aliasARN(r, in.AliasName)
	if err != nil {
		return nil, err
	}
	alias := s.kms.aliases[arn]
	if alias == nil {
		return nil, aliasNotFound(arn)
	}
	if _, err := s.targetKey(r, arn, alias.target); err != nil {
		return nil, err
	}
	delete(s.kms.aliases, arn)
	return nil, nil
}

func aliasNotFound(arn string) error {
	return kmsError("NotFoundException", "Alias %s is not found.", arn)
}

// kmsListAliases lists the caller's own aliases of the region. The aliases
// that AWS reserves (alias/aws/s3 and others) appear once they are in use.
func (s *Server) kmsListAliases(r *request, in listInput) (map[string]any, error) {
	target := ""
	if in.KeyId != "" {
		key, err := s.kms.find(r.account.id, r.region, in.KeyId)
		if err != nil {
			return nil, err
		}
		target = key.arn
	}
	if err := s.authorize(r, "kms:ListAliases", "*", r.account.id, nil, nil); err != nil {
		return nil, err
	}
	prefix := "arn:aws:kms:" + r.region + ":" + r.account.id + ":"
	var entries []kmsEntry
	for _, arn := range sortedKeys(s.kms.aliases) {
		alias := s.kms.aliases[arn]
		if strings.HasPrefix(arn, prefix) && (target == "" || alias.target == target) {
			entries = append(entries, kmsEntry{alias.name, map[string]any{
				"AliasName": alias.name, "AliasArn": arn, "TargetKeyId": alias.target[strings.LastIndexByte(alias.target, '/')+1:],
				"CreationDate": epoch(alias.created), "LastUpdatedDate": epoch(alias.updated),
			}})
		}
	}
	return kmsPage("Aliases", entries, in)
}

// aliasesOf lists the aliases of a key by name.
func (k *kmsState) aliasesOf(key *kmsKey) []*kmsAlias {
	var out []*kmsAlias
	for _, alias := range k.aliases {
		if alias.target == key.arn {
			out = append(out, alias)
		}
	}
	slices.SortFunc(out, func(a, b *kmsAlias) int { return strings.Compare(a.name, b.name) })
	return out
}
