"""What the pipeline relies on in LocalStack itself, good or bad: a new version that differs shows here first."""

import json
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError
from support import ROLE, emulator, wait_until

FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"

# Writes each event it gets to the bucket named by BUCKET, one object an invocation.
RECORDER = """
const http = require('node:http');
exports.handler = (event, context) => new Promise((resolve, reject) => {
  const url = `${process.env.AWS_ENDPOINT_URL}/${process.env.BUCKET}/${process.env.PREFIX}${context.awsRequestId}`;
  const scope = 'Credential=test/20260101/us-east-1/s3/aws4_request';
  const headers = { Authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` };
  http.request(url, { method: 'PUT', headers }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
    .on('error', reject).end(JSON.stringify(event));
});
"""

INCREMENT = "exports.handler = async (item) => item + 1"


class EmulatorFacts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = emulator()
        cls.events, cls.s3, cls.sqs = map(cls.emulator.client, ("events", "s3", "sqs"))
        cls.sfn = cls.emulator.client("stepfunctions")

    def bucket(self, **notifications):
        name = f"b-{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=name)
        if notifications:
            self.s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=notifications)
        return name

    def recorder(self, bucket):
        variables = {"BUCKET": bucket, "PREFIX": "recorded/"}
        return self.emulator.create_function(RECORDER, Environment={"Variables": variables})

    def recorded(self, bucket):
        keys = [o["Key"] for o in self.s3.list_objects_v2(Bucket=bucket, Prefix="recorded/").get("Contents", [])]
        return [json.loads(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]

    def state_machine(self, **definition):
        answer = self.sfn.create_state_machine(
            name=f"m-{uuid.uuid4().hex[:12]}", roleArn=ROLE, definition=json.dumps(definition)
        )
        return answer["stateMachineArn"]

    def run_map(self, items, code, max_concurrency):
        child = {"Type": "Task", "Resource": FUNCTION_ARN + self.emulator.create_function(code), "End": True}
        processor = {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Child",
            "States": {"Child": child},
        }
        machine = self.state_machine(
            StartAt="Map",
            States={
                "Map": {
                    "Type": "Map",
                    "ItemProcessor": processor,
                    "MaxConcurrency": max_concurrency,
                    "ToleratedFailureCount": 0,
                    "End": True,
                }
            },
        )
        return self.ended(self.sfn.start_execution(stateMachineArn=machine, input=json.dumps(items)))

    def ended(self, started):
        """The description of an execution, once it has ended."""

        def described():
            description = self.sfn.describe_execution(executionArn=started["executionArn"])
            return description if description["status"] != "RUNNING" else None

        return wait_until(described, "the execution has ended")

    def error_code(self, call, **parameters):
        with self.assertRaises(ClientError) as raised:
            call(**parameters)
        return raised.exception.response["Error"]["Code"]

    # Step Functions

    def test_a_distributed_map_of_300_items_completes_in_order(self):
        ended = self.run_map(list(range(300)), INCREMENT, 4)
        self.assertEqual("SUCCEEDED", ended["status"])
        self.assertEqual(list(range(1, 301)), json.loads(ended["output"]))

    def test_a_failing_child_of_a_distributed_map_becomes_null_and_the_map_succeeds(self):
        code = "exports.handler = async (item) => { if (item === 1) throw new Error('no'); return item }"
        ended = self.run_map([0, 1, 2], code, 2)
        self.assertEqual(("SUCCEEDED", [0, None, 2]), (ended["status"], json.loads(ended["output"])))

    def test_a_tolerated_failure_percentage_must_be_written_with_a_decimal_point(self):
        def definition(percentage):
            processor = {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Pass",
                "States": {"Pass": {"Type": "Pass", "End": True}},
            }
            state = {"Type": "Map", "ToleratedFailurePercentage": percentage, "ItemProcessor": processor, "End": True}
            return {"StartAt": "Map", "States": {"Map": state}}

        self.state_machine(**definition(5.0))
        with self.assertRaises(self.sfn.exceptions.InvalidDefinition):
            self.state_machine(**definition(5))

    def test_starting_an_execution_by_one_name_and_input_many_times_runs_it_once(self):
        wait = {"Type": "Wait", "Seconds": 3, "End": True}
        machine = self.state_machine(StartAt="Wait", States={"Wait": wait})
        with ThreadPoolExecutor(10) as pool:
            starts = list(
                pool.map(
                    lambda _: self.sfn.start_execution(stateMachineArn=machine, name="same", input="{}"), range(10)
                )
            )
        self.assertEqual(1, len({start["executionArn"] for start in starts}))
        self.assertEqual(1, len(self.sfn.list_executions(stateMachineArn=machine)["executions"]))

    def test_the_name_of_an_ended_execution_cannot_be_used_again(self):
        machine = self.state_machine(StartAt="Done", States={"Done": {"Type": "Succeed"}})
        self.ended(self.sfn.start_execution(stateMachineArn=machine, name="same", input="{}"))
        code = self.error_code(self.sfn.start_execution, stateMachineArn=machine, name="same", input='{"other": 1}')
        self.assertEqual("ExecutionAlreadyExists", code)

    def test_an_error_of_a_function_is_caught_by_its_type(self):
        name = self.emulator.create_function(
            "exports.handler = async () => { throw Object.assign(new Error('bad'), { name: 'DataError' }) }"
        )
        machine = self.state_machine(
            StartAt="Task",
            States={
                "Task": {
                    "Type": "Task",
                    "Resource": FUNCTION_ARN + name,
                    "Catch": [{"ErrorEquals": ["DataError"], "Next": "Caught"}],
                    "End": True,
                },
                "Caught": {"Type": "Pass", "End": True},
            },
        )
        ended = self.ended(self.sfn.start_execution(stateMachineArn=machine))
        self.assertEqual("SUCCEEDED", ended["status"])
        caught = json.loads(ended["output"])
        self.assertEqual(("DataError", "bad"), (caught["Error"], json.loads(caught["Cause"])["errorMessage"]))

    def test_a_choice_in_a_branch_leads_to_a_distributed_map_for_several_items_alone(self):
        child = {"Type": "Task", "Resource": FUNCTION_ARN + self.emulator.create_function(INCREMENT), "End": True}
        processor = {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Child",
            "States": {"Child": child},
        }
        several = {"Variable": "$.items[1]", "IsPresent": True, "Next": "Map"}
        branch = {
            "StartAt": "Choice",
            "States": {
                "Choice": {"Type": "Choice", "Choices": [several], "Default": "Single"},
                "Map": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True},
                "Single": {"Type": "Pass", "Result": "single", "End": True},
            },
        }
        other = {"StartAt": "Other", "States": {"Other": {"Type": "Pass", "Result": "other", "End": True}}}
        machine = self.state_machine(
            StartAt="Parallel", States={"Parallel": {"Type": "Parallel", "Branches": [other, branch], "End": True}}
        )
        for items, expected in (([5], "single"), ([5, 6, 7], [6, 7, 8])):
            started = self.sfn.start_execution(stateMachineArn=machine, input=json.dumps({"items": items}))
            self.assertEqual(["other", expected], json.loads(self.ended(started)["output"]))

    def data_limit_exceeded(self, states, payload=None):
        machine = self.state_machine(StartAt=next(iter(states)), States=states)
        ended = self.ended(self.sfn.start_execution(stateMachineArn=machine, input=json.dumps(payload)))
        self.assertEqual(("FAILED", "States.DataLimitExceeded"), (ended["status"], ended.get("error")))

    def test_a_function_that_answers_more_than_a_state_may_hold_fails_its_state(self):
        name = self.emulator.create_function("exports.handler = async () => 'x'.repeat(300000)")
        self.data_limit_exceeded(
            {"Task": {"Type": "Task", "Resource": FUNCTION_ARN + name, "ResultPath": None, "End": True}}
        )

    def test_a_state_that_hands_on_more_than_a_state_may_hold_fails(self):
        doubled = {"first.$": "$", "second.$": "$"}
        self.data_limit_exceeded({"Pass": {"Type": "Pass", "Parameters": doubled, "End": True}}, "x" * 150_000)

    def test_a_task_that_is_given_more_than_a_state_may_hold_fails(self):
        name = self.emulator.create_function("exports.handler = async () => 1")
        task = {"Type": "Task", "Resource": FUNCTION_ARN + name, "End": True}
        self.data_limit_exceeded({"Task": {**task, "Parameters": {"first.$": "$", "second.$": "$"}}}, "x" * 150_000)

    def test_children_of_a_map_that_answer_more_than_a_state_may_hold_fail_it_though_their_answers_are_dropped(self):
        processor = {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Pass",
            "States": {"Pass": {"Type": "Pass", "Result": "x" * 150_000, "End": True}},
        }
        self.data_limit_exceeded(
            {"Map": {"Type": "Map", "ItemProcessor": processor, "ResultPath": None, "End": True}}, [1, 2]
        )

    # S3

    def test_if_none_match_lets_exactly_one_of_many_writers_create_an_object(self):
        bucket = self.bucket()

        def claim(writer):
            try:
                self.s3.put_object(Bucket=bucket, Key="claim", Body=str(writer), IfNoneMatch="*")
                return "created"
            except ClientError as error:
                return error.response["Error"]["Code"]

        with ThreadPoolExecutor(10) as pool:
            answers = sorted(pool.map(claim, range(10)))
        self.assertEqual(["PreconditionFailed"] * 9 + ["created"], answers)

    def test_if_match_replaces_only_the_version_that_was_read(self):
        bucket = self.bucket()
        etag = self.s3.put_object(Bucket=bucket, Key="pointer", Body="1")["ETag"]
        self.s3.put_object(Bucket=bucket, Key="pointer", Body="2", IfMatch=etag)
        code = self.error_code(self.s3.put_object, Bucket=bucket, Key="pointer", Body="3", IfMatch=etag)
        self.assertEqual("PreconditionFailed", code)
        self.assertEqual(b"2", self.s3.get_object(Bucket=bucket, Key="pointer")["Body"].read())

    # Events and queues

    def test_a_delayed_queue_feeds_a_function_after_the_delay(self):
        bucket = self.bucket()
        queue = self.sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:12]}", Attributes={"DelaySeconds": "1"})[
            "QueueUrl"
        ]
        arn = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        function = self.recorder(bucket)
        self.emulator.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
        self.sqs.send_message(QueueUrl=queue, MessageBody="settled")
        event = wait_until(lambda: self.recorded(bucket), "the function has got the message")[0]
        record = event["Records"][0]
        self.assertEqual("settled", record["body"])
        times = record["attributes"]
        self.assertGreaterEqual(int(times["ApproximateFirstReceiveTimestamp"]) - int(times["SentTimestamp"]), 950)

    def test_a_wildcard_rule_sends_new_objects_to_a_function_and_to_a_queue(self):
        source = self.bucket(EventBridgeConfiguration={})
        target = self.bucket()
        function = self.recorder(target)
        queue = self.sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:12]}")["QueueUrl"]
        queue_arn = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        pattern = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [source]}, "object": {"key": [{"wildcard": "raw/*.csv"}]}},
        }
        rule = f"r-{uuid.uuid4().hex[:12]}"
        self.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        function_arn = FUNCTION_ARN + function
        self.events.put_targets(
            Rule=rule, Targets=[{"Id": "function", "Arn": function_arn}, {"Id": "queue", "Arn": queue_arn}]
        )
        for key in ("raw/no.txt", "other/no.csv", "raw/drop/yes.csv"):
            self.s3.put_object(Bucket=source, Key=key, Body="x")
        events = wait_until(lambda: self.recorded(target), "the function has got the event")
        self.assertEqual(["raw/drop/yes.csv"], [event["detail"]["object"]["key"] for event in events])
        messages = self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual(
            ["raw/drop/yes.csv"], [json.loads(message["Body"])["detail"]["object"]["key"] for message in messages]
        )


if __name__ == "__main__":
    unittest.main()
