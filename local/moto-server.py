"""Serves moto to local/moto.ts, which starts this file with moto's own Python: `moto-server.py --port 5000`.

Differs from moto's `moto_server` command: it ends when its standard input ends, which is how it dies with the process
that started it, however that process died; it is silent about requests that went well; it leaves queue messages to the
local runner; its KMS ids have the form of KMS's; its KMS signs digests and makes asymmetric keys for stacks; functions in
stacks have URLs, which name them; it delivers e-mail to a queue; and access and events of S3 are left to the gateway. The
gateway cannot do these from outside. Everything else that differs from moto is in local/gateway.
"""

import json
import logging
import os
import re
import sys
import threading
import uuid


def leave_with_the_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


threading.Thread(target=leave_with_the_parent, daemon=True).start()

from moto import server  # noqa: E402  (a parent that dies during this long import must be noticed too)
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: E402
from moto.awslambda import models as awslambda  # noqa: E402
from moto.core.common_models import CloudFormationModel  # noqa: E402
from moto.kms import models as kms  # noqa: E402
from moto.kms.responses import KmsResponse  # noqa: E402
from moto.kms.utils import ECDSAPrivateKey  # noqa: E402
from moto.s3 import notifications  # noqa: E402
from moto.s3.responses import S3Response  # noqa: E402
from moto.sns.models import Subscription  # noqa: E402
from moto.sqs.models import Queue, sqs_backends  # noqa: E402
from werkzeug.serving import BaseWSGIServer  # noqa: E402

# moto hands each message to the mapped function at once, in Docker. The local runner polls the queue instead, as Lambda
# does, so the mappings stay visible to the Lambda API and unknown to the queue.
Queue.lambda_event_source_mappings = property(lambda queue: {}, lambda queue, mappings: None)

# https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
# A multi-Region key id is mrk- and 32 hexadecimal digits; moto's has dashes, and cannot encrypt because it is too long.
MULTI_REGION_ID = re.compile(r"mrk-[0-9a-f]{32}")
kms.generate_key_id = lambda multi_region=False: f"mrk-{uuid.uuid4().hex}" if multi_region else str(uuid.uuid4())
validate_cmk_id = KmsResponse._validate_cmk_id
# As an ARN, because moto checks the form of a bare id only.
KmsResponse._validate_cmk_id = lambda self, key_id: validate_cmk_id(
    self, self._display_arn(key_id) if MULTI_REGION_ID.fullmatch(key_id) else key_id
)
# moto reads a part of the key policy, for DescribeKey alone; the gateway decides on access for every operation.
KmsResponse._validate_key_policy = lambda self, key_id, action: None


make_grant = kms.Grant.__init__


def make_grant_with_long_id(self, *args, **kwargs) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html: ids have 64 hexadecimal digits."""
    make_grant(self, *args, **kwargs)
    self.id = uuid.uuid4().hex + uuid.uuid4().hex


kms.Grant.__init__ = make_grant_with_long_id


class Digest(bytes):
    """A message that is a digest already."""


read_parameter = KmsResponse._get_param


def read_message(self, name, default=None):
    value = read_parameter(self, name, default)
    is_digest = name == "Message" and value and read_parameter(self, "MessageType") == "DIGEST"
    return Digest(value) if is_digest else value


def sign_message_or_digest(self, message, signing_algorithm):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html: a digest is signed as it is; moto hashes it again."""
    if not isinstance(message, Digest):
        return sign_message(self, message, signing_algorithm)
    algorithm = self._ECDSAPrivateKey__hash_algorithm(signing_algorithm)
    return self.private_key.sign(bytes(message), ec.ECDSA(Prehashed(algorithm)))


KmsResponse._get_param = read_message
sign_message = ECDSAPrivateKey.sign
ECDSAPrivateKey.sign = sign_message_or_digest

make_key_of_stack = kms.Key.create_from_cloudformation_json


def make_key_as_specified(resource_name, cloudformation_json, account_id, region_name, **rest):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kms-key.html: moto makes symmetric keys only."""
    key = make_key_of_stack(resource_name, cloudformation_json, account_id, region_name, **rest)
    spec = cloudformation_json["Properties"].get("KeySpec", "SYMMETRIC_DEFAULT")
    if spec != "SYMMETRIC_DEFAULT":
        key.key_spec = spec
        key.key_usage = cloudformation_json["Properties"]["KeyUsage"]
        key.private_key = kms.generate_private_key(spec)
    return key


kms.Key.create_from_cloudformation_json = make_key_as_specified

publish = Subscription.publish


def publish_or_mail(self, message, message_id, subject=None, message_attributes=None, **rest) -> None:
    """moto sends no e-mail. Here one goes to the SQS queue `local-mail` if there is one, for local/officer-inbox.ts.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: without a text of its own, e-mail gets the default.
    """
    publish(self, message, message_id, subject=subject, message_attributes=message_attributes, **rest)
    queues = sqs_backends[self.account_id][self.topic.sns_backend.region_name]
    if self.protocol != "email" or "local-mail" not in queues.queues:
        return
    published = json.loads(message) if rest.get("message_structure") == "json" else {"default": message}
    attributes = {name: value["Value"] for name, value in (message_attributes or {}).items()}
    mail = {
        "messageId": message_id,
        "to": self.endpoint,
        "subject": subject or "",
        "text": published.get("email", published["default"]),
        "machine": published["default"],
        "attributes": attributes,
    }
    queues.send_message("local-mail", json.dumps(mail))


Subscription.publish = publish_or_mail

make_url = awslambda.FunctionUrlConfig.__init__


def make_url_with_name(self, function, config) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html: a URL has an id of its own on AWS, and ends with a slash.

    Here the id is the name of the function, which tells local/gateway/function-url.ts whose URL it is.
    """
    make_url(self, function, {**config, "InvokeMode": config.get("InvokeMode") or "BUFFERED"})
    self.url = f"https://{function.function_name}.lambda-url.{function.region}.on.aws/"


awslambda.FunctionUrlConfig.__init__ = make_url_with_name


class FunctionUrl(CloudFormationModel):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-url.html: moto's stacks do not know it."""

    # moto reads from it which service a model is of.
    __module__ = awslambda.__name__

    def __init__(self, config) -> None:
        self.config = config

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Url"

    @property
    def physical_resource_id(self) -> str:
        return self.config.function.function_arn

    @classmethod
    def has_cfn_attr(cls, attr) -> bool:
        return attr in ["FunctionArn", "FunctionUrl"]

    def get_cfn_attribute(self, attribute_name):
        return self.config.url if attribute_name == "FunctionUrl" else self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **rest):
        properties = cloudformation_json["Properties"]
        backend = awslambda.lambda_backends[account_id][region_name]
        return cls(backend.create_function_url_config(properties["TargetFunctionArn"], properties))

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name) -> None:
        awslambda.lambda_backends[account_id][region_name].delete_function_url_config(resource_name)


# The gateway tells EventBridge of new objects (local/gateway/object-events.ts).
notifications._send_event_bridge_message = lambda account_id, bucket, event_name, key: None

get_bucket_notification = S3Response.get_bucket_notification


def get_bucket_notification_with_event_bridge(self):
    """moto keeps whether a bucket sends its events to EventBridge, and does not answer it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
    """
    answer = get_bucket_notification(self)
    configuration = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if not configuration or configuration.event_bridge is None:
        return answer
    status, headers, body = answer
    opened = re.sub(r"/>\s*$", "></NotificationConfiguration>", body)
    element = "<EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>"
    return status, headers, opened.replace("</NotificationConfiguration>", element)


S3Response.get_bucket_notification = get_bucket_notification_with_event_bridge

logging.getLogger("werkzeug").setLevel(logging.ERROR)

# Called once the port is bound: the parent waits for these words.
BaseWSGIServer.log_startup = lambda self: print("moto is ready", flush=True)

server.main(sys.argv[1:])
