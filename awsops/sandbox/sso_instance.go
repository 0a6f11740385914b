package sandbox

type instancesIn struct {
	pageIn
	RegionScope string
}

// listInstances shows the instance in its region alone, unless all regions are asked for.
func (s *ssoService) listInstances(r *request, in instancesIn) (any, error) {
	if err := s.authorize(r, "sso:ListInstances", "*", r.account.id, nil, nil); err != nil {
		return nil, err
	}
	switch in.RegionScope {
	case "", "CURRENT_REGION", "ALL_REGIONS":
	default:
		return nil, invalid("ValidationException", in.RegionScope, "regionScope", "satisfy enum value set: [CURRENT_REGION, ALL_REGIONS]")
	}
	instances := []any{}
	if c := s.center; c != nil && (r.region == c.options.Region || in.RegionScope == "ALL_REGIONS") && s.shows(r.account) {
		instances = append(instances, c.view())
	}
	return pageOfCenter(in.pageIn, "Instances", instances)
}

// shows says whether an account sees the instance: its owner does, and of the
// organization's everybody.
func (s *core) shows(a *account) bool {
	return a == s.center.owner || s.organization != nil && s.center.owner.management
}

// view is the instance as every answer shows it.
func (c *identityCenter) view() map[string]any {
	out := map[string]any{
		"InstanceArn": c.arn(""), "IdentityStoreId": c.storeID, "IdentityStoreArn": c.storeARN(""), "OwnerAccountId": c.owner.id,
		"CreatedDate": epoch(c.created), "Status": "ACTIVE", "PrimaryRegion": c.options.Region,
		"Regions": []any{map[string]any{"RegionName": c.options.Region, "Status": "ACTIVE", "AddedDate": epoch(c.created), "IsPrimaryRegion": true}},
	}
	if c.name != "" {
		out["Name"] = c.name
	}
	return out
}

func (s *ssoService) describeInstance(*request, ssoIn) (any, error) {
	out, encryption := s.center.view(), map[string]string{"KeyType": "AWS_OWNED_KMS_KEY", "EncryptionStatus": "ENABLED"}
	if s.center.key != "" {
		encryption["KeyType"], encryption["KmsKeyArn"] = "CUSTOMER_MANAGED_KEY", s.center.key
	}
	out["EncryptionConfigurationDetails"], out["PermissionSetsEnabled"] = encryption, s.center.setsOn
	return out, nil
}

// updateInstance turns permission sets on, for good and alone in a request, and gives the
// instance a name and a key.
func (s *ssoService) updateInstance(_ *request, in ssoIn) (any, error) {
	c := s.center
	if in.PermissionSetsEnabled != nil {
		if !*in.PermissionSetsEnabled || in.Name != nil || in.EncryptionConfiguration != nil {
			return nil, badRequest("ValidationException", "PermissionSetsEnabled can only be set to true, in a request of its own.")
		}
		c.setsOn = true
	}
	if in.Name != nil {
		c.name = *in.Name
	}
	if in.EncryptionConfiguration != nil {
		c.key = in.EncryptionConfiguration.KmsKeyArn
	}
	return none{}, nil
}
