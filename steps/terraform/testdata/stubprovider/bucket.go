package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ValidateResourceTypeConfig leaves the judgement of a name to S3.
func (p *provider) ValidateResourceTypeConfig(context.Context, *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	return &tfprotov5.ValidateResourceTypeConfigResponse{}, nil
}

// UpgradeResourceState takes the state as it is: it has had one version.
func (p *provider) UpgradeResourceState(_ context.Context, req *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: &tfprotov5.DynamicValue{JSON: req.RawState.JSON}}, nil
}

// ReadResource looks whether the bucket is still there.
func (p *provider) ReadResource(ctx context.Context, req *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	state, err := read(req.CurrentState, bucketSchema)
	if err != nil {
		return nil, err
	}
	name := get[string](state["bucket"])
	_, err = p.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	if missing := (*types.NotFound)(nil); errors.As(err, &missing) {
		gone, err := write(bucketSchema, nil)
		return &tfprotov5.ReadResourceResponse{NewState: gone}, err
	}
	if err != nil {
		return &tfprotov5.ReadResourceResponse{NewState: req.CurrentState, Diagnostics: failed("", "reading S3 Bucket (%s): %s", name, err)}, nil
	}
	return &tfprotov5.ReadResourceResponse{NewState: req.CurrentState}, nil
}

// PlanResourceChange plans a new bucket where there is none and where the name
// is another.
func (p *provider) PlanResourceChange(_ context.Context, req *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	prior, err := read(req.PriorState, bucketSchema)
	if err != nil {
		return nil, err
	}
	proposed, err := read(req.ProposedNewState, bucketSchema)
	out := &tfprotov5.PlanResourceChangeResponse{PlannedState: req.ProposedNewState}
	if err != nil || proposed == nil || prior != nil && prior["bucket"].Equal(proposed["bucket"]) {
		return out, err
	}
	if prior != nil {
		out.RequiresReplace = []*tftypes.AttributePath{tftypes.NewAttributePath().WithAttributeName("bucket")}
	}
	name := any(tftypes.UnknownValue)
	if proposed["bucket"].IsKnown() {
		name = get[string](proposed["bucket"])
	}
	out.PlannedState, err = write(bucketSchema, map[string]any{"arn": tftypes.UnknownValue, "bucket": name, "id": tftypes.UnknownValue})
	return out, err
}

// ApplyResourceChange creates or deletes the bucket; what failed leaves the
// state as it was.
func (p *provider) ApplyResourceChange(ctx context.Context, req *tfprotov5.ApplyResourceChangeRequest) (*tfprotov5.ApplyResourceChangeResponse, error) {
	prior, err := read(req.PriorState, bucketSchema)
	if err != nil {
		return nil, err
	}
	planned, err := read(req.PlannedState, bucketSchema)
	if err != nil {
		return nil, err
	}
	out := &tfprotov5.ApplyResourceChangeResponse{NewState: req.PriorState}
	if planned == nil {
		name := get[string](prior["bucket"])
		if _, err := p.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name}); err != nil {
			out.Diagnostics = failed("", "deleting S3 Bucket (%s): %s", name, err)
			return out, nil
		}
		out.NewState, err = write(bucketSchema, nil)
		return out, err
	}
	name := get[string](planned["bucket"])
	in := &s3.CreateBucketInput{Bucket: &name}
	if p.region != "us-east-1" { // which takes no constraint
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(p.region)}
	}
	if _, err := p.s3.CreateBucket(ctx, in); err != nil {
		out.Diagnostics = failed("", "creating S3 Bucket (%s): %s", name, err)
		return out, nil
	}
	out.NewState, err = write(bucketSchema, map[string]any{"arn": "arn:aws:s3:::" + name, "bucket": name, "id": name})
	return out, err
}
