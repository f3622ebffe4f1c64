"""Deploys template.yaml with AWS's own command line, and makes the routes that the emulator leaves out."""

import json
import os
import re
from collections import namedtuple

import boto3
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from build import FUNCTIONS, OUT, ROOT
from samtranslator.translator.transform import transform

STACK = "reckon"
BUCKET = "packages"

Route = namedtuple("Route", "method path function")


class Stack:
    """The stack in an emulator."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.session = boto3.Session("test", "test", region_name=emulator.environment()["AWS_DEFAULT_REGION"])
        self.packaged = emulator.folder / "packaged.yaml"

    def service(self, name):
        return self.session.client(name, endpoint_url=self.emulator.url)

    def package(self):
        """Puts the packages into a bucket and their addresses into the template."""
        self.service("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": self.session.region_name}
        )
        built = write_built_template()
        self.emulator.aws(
            "cloudformation", "package", "--template-file", str(built), "--s3-bucket", BUCKET,
            "--output-template-file", str(self.packaged),
        )  # fmt: skip

    def deploy(self, **parameters):
        """Makes the stack, or changes it; parameters that are not given stay as they are."""
        pairs = [f"{name}={value}" for name, value in parameters.items()]
        self.emulator.aws(
            "cloudformation", "deploy", "--template-file", str(self.packaged), "--stack-name", STACK,
            "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", *pairs,
        )  # fmt: skip

    def resources(self):
        """The names of what the stack made, by their names in the template."""
        found = self.service("cloudformation").describe_stack_resources(StackName=STACK)
        return {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in found["StackResources"]}

    def outputs(self):
        [stack] = self.service("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}

    def delete(self):
        cloudformation = self.service("cloudformation")
        cloudformation.delete_stack(StackName=STACK)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )

    def make_routes(self):
        """Makes the API's routes, each to the function that the template names.

        The emulator does not read the OpenAPI document in which they reach CloudFormation, so they are taken
        from that document.
        """
        api, resources = self.service("apigatewayv2"), self.resources()
        targets = {}
        for function in FUNCTIONS:
            arn = self.function_arn(resources[function])
            made = api.create_integration(
                ApiId=resources["Api"],
                IntegrationType="AWS_PROXY",
                IntegrationUri=arn,
                PayloadFormatVersion="2.0",
            )
            targets[function] = f"integrations/{made['IntegrationId']}"
        for route in self.routes():
            api.create_route(
                ApiId=resources["Api"],
                RouteKey=f"{route.method} {route.path}",
                Target=targets[route.function],
            )

    def function_arn(self, name):
        return self.service("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]

    def routes(self):
        """The routes in the OpenAPI document that the template becomes."""
        # The translator takes its region from the environment alone.
        os.environ["AWS_DEFAULT_REGION"] = self.session.region_name
        template = transform(yaml_parse(self.packaged.read_text()), {}, NoManagedPolicies())
        paths = template["Resources"]["Api"]["Properties"]["Body"]["paths"]
        return [
            Route(method.upper(), path, integrated(operation))
            for path, methods in paths.items()
            for method, operation in methods.items()
        ]


class NoManagedPolicies:
    """The translator asks for AWS's managed policies, and the template uses none."""

    def load(self):
        return {}


def integrated(operation):
    """The function behind an operation, by its name in the template."""
    [name] = re.findall(r"\$\{(\w+)\.Arn\}", json.dumps(operation["x-amazon-apigateway-integration"]))
    return name


def write_built_template():
    """The template as `sam build` writes it: each function's code is the folder that was built for it."""
    text = (ROOT / "template.yaml").read_text()
    for name, program in FUNCTIONS.items():
        source = f"CodeUri: functions/{program}/\n"
        assert text.count(source) == 1, f"template.yaml names {source.strip()} {text.count(source)} times"
        text = text.replace(source, f"CodeUri: {name}/\n")
    built = OUT / "template.yaml"
    built.write_text(text)
    return built
