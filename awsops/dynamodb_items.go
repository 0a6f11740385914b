package awsops

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DeleteLockIf deletes a lock item if it still holds this Info, so that a lock
// which somebody has taken meanwhile stays. An empty info is an item without
// one.
func DeleteLockIf(table, id, info string) Call {
	condition, values := unchanged("Info", info)
	return call(&dynamodb.DeleteItemInput{
		TableName: aws.String(table), Key: lockItemKey(id), ConditionExpression: condition, ExpressionAttributeValues: values,
	})
}

// PutDigest replaces the digest of a state, an MD5 in hexadecimal, in the item
// id ("bucket/key-md5") if it is still the old one.
func PutDigest(table, id, old, digest string) Call {
	item := lockItemKey(id)
	item["Digest"] = &types.AttributeValueMemberS{Value: digest}
	condition, values := unchanged("Digest", old)
	return call(&dynamodb.PutItemInput{
		TableName: aws.String(table), Item: item, ConditionExpression: condition, ExpressionAttributeValues: values,
	})
}

// DeleteDigest deletes the digest of a state that is no more, if it is still
// the old one.
func DeleteDigest(table, id, old string) Call {
	condition, values := unchanged("Digest", old)
	return call(&dynamodb.DeleteItemInput{
		TableName: aws.String(table), Key: lockItemKey(id), ConditionExpression: condition, ExpressionAttributeValues: values,
	})
}

// unchanged is the condition that an attribute still has a value; empty means
// that it is not there.
func unchanged(attribute, value string) (*string, map[string]types.AttributeValue) {
	if value == "" {
		return aws.String("attribute_not_exists(" + attribute + ")"), nil
	}
	return aws.String(attribute + " = :old"), map[string]types.AttributeValue{":old": &types.AttributeValueMemberS{Value: value}}
}
