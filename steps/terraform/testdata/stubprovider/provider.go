package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
)

// provider answers what Terraform asks. The interface it embeds is nil: what
// this type does not answer itself, no Terraform asks of such schemas.
type provider struct {
	tfprotov5.ProviderServer

	region string
	sts    *sts.Client
	s3     *s3.Client
}

// GetProviderSchema tells what there is.
func (p *provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		Provider:          providerSchema,
		ResourceSchemas:   map[string]*tfprotov5.Schema{"aws_s3_bucket": bucketSchema},
		DataSourceSchemas: map[string]*tfprotov5.Schema{"aws_caller_identity": identitySchema},
	}, nil
}

// GetResourceIdentitySchemas tells that no resource has an identity; Terraform
// asks since 1.12.
func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

// PrepareProviderConfig takes the configuration as it is.
func (p *provider) PrepareProviderConfig(_ context.Context, req *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: req.Config}, nil
}

// ConfigureProvider connects to AWS.
func (p *provider) ConfigureProvider(ctx context.Context, req *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	c, err := read(req.Config, providerSchema)
	if err != nil {
		return nil, err
	}
	return &tfprotov5.ConfigureProviderResponse{Diagnostics: p.connect(ctx, c)}, nil
}

// StopProvider has nothing to do: the calls under way end with their contexts.
func (p *provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

// ValidateDataSourceConfig finds no fault: there is nothing to configure.
func (p *provider) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

// ReadDataSource asks STS who the provider is.
func (p *provider) ReadDataSource(ctx context.Context, _ *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	identity, err := p.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return &tfprotov5.ReadDataSourceResponse{Diagnostics: failed("", "reading STS Caller Identity: %s", err)}, nil
	}
	state, err := write(identitySchema, map[string]any{
		"account_id": *identity.Account, "arn": *identity.Arn, "id": *identity.Account, "user_id": *identity.UserId,
	})
	return &tfprotov5.ReadDataSourceResponse{State: state}, err
}
