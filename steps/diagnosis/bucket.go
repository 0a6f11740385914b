package diagnosis

import (
	"stateroom/steps/plan"
)

// noSTS is how the resolver says that a region has no STS, as the regions of other clouds have none.
const noSTS = `lookup sts\.[\w.-]+(?: on \S+)?: no such host`

// The bucket with its region, and the state object in it.
var (
	RegionWrong = &Diagnosis{
		ID: "region-wrong", Family: Bucket, Step: plan.StepRegion,
		Meaning: "The bucket is in a different region than the backend says.",
		Named:   "Bucket %s is in a different region than the backend says.",
		Remedy:  "Write the bucket's region into the backend, then run terraform init -reconfigure.",
		text:    []sign{{pattern: wording(`requested bucket from "[^"]+", actual location "[^"]*"|expecting '[^']+'|BucketRegionError|the bucket is not in '[^']+' region|PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|must be addressed using the specified endpoint|[Ss]tatus ?[Cc]ode: 301|\(301\) when calling`), unless: wording(`[Cc]reating S3 [Bb]ucket|S3: CreateBucket`), at: outside}},
		codes:   []string{"PermanentRedirect", "BucketRegionError"},
	}
	RegionInvalid = &Diagnosis{
		ID: "region-invalid", Family: Bucket, Step: plan.StepRegion,
		Meaning: "The region is missing or is not one that AWS has.",
		Remedy:  "Write a valid region in the backend and in the provider.",
		text: []sign{{
			pattern: wording(noSTS + `.*InvalidClientTokenId`),
			meaning: "There is no STS in that region, and AWS does not know the key: the region is not one of AWS's, and neither is the store behind the endpoint.",
			remedy:  "Where the store is not AWS's, set skip_credentials_validation, skip_requesting_account_id and skip_region_validation = true and endpoints = { s3 = \"URL\" } in the backend; otherwise correct the region.",
		}, {pattern: wording(`(?i)invalid AWS region: [^\s,]+|Not a valid region: \S|Missing region value|"region": required field is not set|Invalid region value|invalid endpoint: https?://\S+|is not a valid (?:AWS )?region|You must specify a region`)}},
	}
	BucketMissing = &Diagnosis{
		ID: "bucket-missing", Family: Bucket, Step: plan.StepBucket,
		Meaning:  "There is no bucket of that name.",
		Named:    "There is no bucket %s.",
		Remedy:   "Correct the name in the backend, or create the bucket with stateroom setup.",
		Operator: "Ask the operator to run stateroom setup, which makes it.",
		text:     []sign{{pattern: wording(`S3 bucket (?:"(?P<bucket>[^"]+)" )?does not exist\.|\bNoSuchBucket\b|operation error S3: HeadBucket, .*StatusCode: 404`), at: outside}},
		codes:    []string{"NoSuchBucket"},
	}
	S3ListDenied = &Diagnosis{
		ID: "s3-list-denied", Family: Bucket, Step: plan.StepBucket,
		Meaning:  "The identity may not list the state bucket.",
		Named:    "%s may not list the state bucket.",
		Remedy:   "Allow s3:ListBucket on the bucket's own ARN, without /*.",
		Operator: "Ask the operator to run stateroom setup, which gives the group its permissions on the state.",
		text: []sign{{pattern: wording(`(?:ListObjects(?:V2)?|ListObjectVersions|HeadBucket), .*StatusCode: 403|perform: (?P<action>s3:ListBucket)\w*|(?:Error inspecting states in the "s3" backend|Failed to get existing workspaces|Error loading workspaces?|Failed to list workspaces).*(?:AccessDenied|Forbidden): .*status code: 403|\((?:AccessDenied|403)\) when calling the (?:ListObjects(?:V2)?|HeadBucket) operation`), at: outside}, {
			pattern: wording(`[Ee]rror configuring (?:S3 Backend|the backend "s3"): (?:AccessDenied|Forbidden): (?:Access Denied|Forbidden|User: \S+ is not authorized to access).*status code: 403`), at: outside,
			meaning: "AWS refused the first request of the backend, and does not say which permission is missing.",
			remedy:  "Look who you are (aws sts get-caller-identity). Allow that identity s3:ListBucket on the bucket, s3:GetObject, s3:PutObject and s3:DeleteObject on the state, and the key that encrypts it.",
		}},
		is: refused("s3", "ListObjectsV2", "ListObjectVersions"),
	}
	S3HeadDenied = &Diagnosis{
		ID: "s3-head-denied", Family: Bucket, Step: plan.StepBucket,
		Meaning:  "The identity may not see the state object; without s3:ListBucket a missing state looks the same.",
		Named:    "%s may not see the state object; without s3:ListBucket a missing state looks the same.",
		Remedy:   "Allow s3:GetObject on the state key and s3:ListBucket on the bucket.",
		Operator: "Ask the operator to run stateroom setup, which gives the group its permissions on the state.",
		text:     []sign{{pattern: wording(`HeadObject, .*StatusCode: 403|Forbidden: Forbidden .*status code: 403|\(403\) when calling the HeadObject operation`), at: outside}},
		is:       refused("s3", "HeadObject"),
	}
	S3GetDenied = &Diagnosis{
		ID: "s3-get-denied", Family: Bucket, Step: plan.StepBucket,
		Meaning:  "The identity may not read the state object.",
		Named:    "%s may not read the state object.",
		Remedy:   "Allow s3:GetObject on the state key and kms:Decrypt on the key.",
		Operator: "Ask the operator to run stateroom setup, which gives the group its permissions on the state.",
		text:     []sign{{pattern: wording(`GetObject, .*StatusCode: 403|perform: (?P<action>s3:GetObject(?:Version)?)\b|(?:E?rror (?:refreshing|loading|reading|copying) (?:the )?(?:remote )?(?:backend )?(?:source |destination )?state|Failed to (?:load|read|refresh) (?:the )?(?:remote |backend )?state|Unable to access object).*AccessDenied: .*status code: 403|\(AccessDenied\) when calling the GetObject operation`), unless: wording(`(?:PutObject|DeleteObject), .*StatusCode: 403|failed to upload state`), at: outside}},
		is:       refused("s3", "GetObject"),
	}
	S3PutDenied = &Diagnosis{
		ID: "s3-put-denied", Family: Bucket, Step: plan.StepBucket,
		Meaning:  "The identity may not write the state object or its lock file.",
		Named:    "%s may not write the state object or its lock file.",
		Remedy:   "Allow s3:PutObject on the state key, and s3:PutObject and s3:DeleteObject on its lock file.",
		Operator: "Ask the operator to run stateroom setup, which gives the group its permissions on the state.",
		text: []sign{{
			pattern: wording(`(?:failed to upload state|Error saving (?:the )?state|Failed to (?:save|persist) state).*AccessDenied: Access Denied\b`), at: outside,
			meaning: "The identity may not write the state object, or not use the key that encrypts it; AWS does not say which.",
			remedy:  "Allow s3:PutObject on the state key, and kms:GenerateDataKey and kms:Decrypt on the key.",
		}, {pattern: wording(`(?:PutObject|DeleteObject|CreateMultipartUpload|UploadPart|CompleteMultipartUpload), .*StatusCode: 403|perform: (?P<action>s3:(?:Put|Delete)Object)\b|(?:failed to upload state|Error saving (?:the )?state|Failed to (?:save|persist) state).*AccessDenied: .*status code: 403|\(AccessDenied\) when calling the (?:PutObject|DeleteObject|CreateMultipartUpload) operation`), at: outside}},
		is: refused("s3", "PutObject", "DeleteObject"),
	}
	StateNotSaved = &Diagnosis{
		ID: "state-not-saved", Family: Bucket, Step: plan.StepInit,
		Meaning: "Resources were changed, but the new state did not reach the bucket; it is in errored.tfstate.",
		Remedy:  "Fix the cause, then run terraform state push errored.tfstate; never apply again before that.",
		text: []sign{{
			pattern: wording(`[Ff]ailed to upload state: .*(?:XAmzContentSHA256Mismatch|x-amz-content-sha256|NotImplemented|checksum)`), at: outside,
			meaning: "The store behind the endpoint is not AWS's and does not accept the checksum that comes with the state; the new state is in errored.tfstate.",
			remedy:  "Set skip_s3_checksum = true in the backend. If it is set, set AWS_REQUEST_CHECKSUM_CALCULATION=when_required in the environment, too, or use a newer release of the store. Then run terraform state push errored.tfstate; never apply again before that.",
		}, {pattern: wording(`Failed to save state\b|Failed to persist state to backend|state push errored\.tfstate`), at: outside}},
		consequence: true,
	}
)
