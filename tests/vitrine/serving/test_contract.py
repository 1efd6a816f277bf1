"""TF Serving's REST API, to the letter. Runs against ours, or any server that VITRINE_TFSERVING_URL names."""

import base64
import json
import math

import httpx
import pytest


def predict(api: httpx.Client, body: object, path: str = "/v1/models/contract:predict") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.post(path, content=content)


def error(response: httpx.Response) -> str:
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert list(body) == ["error"]
    return body["error"]


class TestStatus:
    def test_lists_each_version_with_its_state(self, api: httpx.Client) -> None:
        response = api.get("/v1/models/contract")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("application/json")
        assert response.json() == {
            "model_version_status": [
                {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
            ]
        }

    def test_of_one_version_has_the_same_form(self, api: httpx.Client) -> None:
        assert api.get("/v1/models/contract/versions/1").json() == api.get("/v1/models/contract").json()

    @pytest.mark.parametrize(
        ("path", "status", "message"),
        [
            ("/v1/models/nope", 404, "Could not find any versions of model nope"),
            ("/v1/models/contract/versions/9", 404, "Could not find version 9 of model contract"),
            ("/v1/models", 400, "Missing model name in request."),
            ("/v1/models/contract/versions/x", 400, "Malformed request: GET /v1/models/contract/versions/x"),
            ("/v1/elsewhere", 400, "Malformed request: GET /v1/elsewhere"),
        ],
    )
    def test_says_what_is_not_there(self, api: httpx.Client, path: str, status: int, message: str) -> None:
        response = api.get(path)
        assert (response.status_code, error(response)) == (status, message)


class TestMetadata:
    def test_is_the_proto_of_the_signatures(self, api: httpx.Client) -> None:
        body = api.get("/v1/models/contract/metadata").json()
        assert body["model_spec"] == {"name": "contract", "signature_name": "", "version": "1"}
        signatures = body["metadata"]["signature_def"]["signature_def"]
        assert {"serving_default", "describe", "join", "totals", "ragged"} <= set(signatures)
        assert signatures["join"]["method_name"] == "tensorflow/serving/predict"
        vector = signatures["join"]["inputs"]["vector"]
        assert vector["dtype"] == "DT_FLOAT"
        assert vector["tensor_shape"] == {
            "dim": [{"size": "-1", "name": ""}, {"size": "3", "name": ""}],
            "unknown_rank": False,
        }
        assert vector["name"].endswith(":0")
        assert signatures["describe"]["inputs"]["query"]["dtype"] == "DT_STRING"

    def test_can_be_asked_of_a_version(self, api: httpx.Client) -> None:
        default, numbered = (api.get(f"/v1/models/contract{version}/metadata") for version in ("", "/versions/1"))
        assert numbered.json() == default.json()

    @pytest.mark.parametrize(
        ("path", "request_name"), [("nope", "Latest(nope)"), ("contract/versions/9", "Specific(contract, 9)")]
    )
    def test_of_what_is_not_loaded_is_not_found(self, api: httpx.Client, path: str, request_name: str) -> None:
        response = api.get(f"/v1/models/{path}/metadata")
        assert response.status_code == 404
        assert error(response) == f"Servable not found for request: {request_name}"


class TestPredictRows:
    def test_a_single_input_and_output_need_no_name(self, api: httpx.Client) -> None:
        assert predict(api, {"instances": [1.0, 2.5]}).json() == {"predictions": [2.0, 5.0]}

    def test_a_single_input_may_be_named(self, api: httpx.Client) -> None:
        assert predict(api, {"instances": [{"x": 1.0}, {"x": 3}]}).json() == {"predictions": [2.0, 6.0]}

    def test_several_outputs_make_an_object_a_row(self, api: httpx.Client) -> None:
        answer = predict(api, {"signature_name": "describe", "instances": ["mug", "hat"]})
        assert answer.json() == {
            "predictions": [
                {"product_id": ["mug", "MUG"], "raw_bytes": {"b64": "bXVn"}, "number": 7, "score": [2.0]},
                {"product_id": ["hat", "HAT"], "raw_bytes": {"b64": "aGF0"}, "number": -1, "score": [2.0]},
            ]
        }

    def test_several_inputs_make_an_object_a_row(self, api: httpx.Client) -> None:
        rows = [{"vector": [1, 2, 3], "label": "a"}, {"label": "b", "vector": [0.5, 0, 0]}]
        answer = predict(api, {"signature_name": "join", "instances": rows})
        assert answer.json() == {
            "predictions": [{"label": "a", "projected": [4.0, 5.0]}, {"label": "b", "projected": [0.5, 0.0]}]
        }

    def test_outputs_that_are_not_one_a_row_are_refused(self, api: httpx.Client) -> None:
        scalar = predict(api, {"signature_name": "totals", "instances": [1.0]})
        assert scalar.status_code == 400
        assert "has no shape information" in error(scalar)
        ragged = predict(api, {"signature_name": "ragged", "instances": [1.0, 2.0]})
        assert ragged.status_code == 400
        assert "has inconsistent batch size" in error(ragged)

    def test_no_rows_are_refused(self, api: httpx.Client) -> None:
        response = predict(api, {"instances": []})
        assert response.status_code == 400
        assert "No values in 'instances' array" in error(response)


class TestPredictColumns:
    def test_a_single_input_and_output_need_no_name(self, api: httpx.Client) -> None:
        assert predict(api, {"inputs": [1.0, 2.5]}).json() == {"outputs": [2.0, 5.0]}

    def test_a_single_input_may_be_named(self, api: httpx.Client) -> None:
        assert predict(api, {"inputs": {"x": [1.0]}}).json() == {"outputs": [2.0]}

    def test_several_inputs_and_outputs_are_named(self, api: httpx.Client) -> None:
        body = {"signature_name": "join", "inputs": {"vector": [[1, 2, 3]], "label": ["a"]}}
        assert predict(api, body).json() == {"outputs": {"label": ["a"], "projected": [[4.0, 5.0]]}}

    def test_scalar_outputs_are_scalars(self, api: httpx.Client) -> None:
        answer = predict(api, {"signature_name": "totals", "inputs": [1.5, 2.5]})
        assert answer.json() == {"outputs": {"total": 4.0, "rows": 2}}

    def test_a_scalar_input_is_a_scalar(self, api: httpx.Client) -> None:
        answer = predict(api, {"signature_name": "float32", "inputs": 0.1}, "/v1/models/types:predict")
        assert answer.text.replace(" ", "").replace("\n", "") == '{"outputs":0.1}'

    def test_outputs_need_no_common_batch(self, api: httpx.Client) -> None:
        answer = predict(api, {"signature_name": "ragged", "inputs": [1.0, 2.0]})
        assert answer.json() == {"outputs": {"all": [1.0, 2.0], "first": [1.0]}}

    def test_zero_rows_give_zero_rows(self, api: httpx.Client) -> None:
        assert predict(api, {"inputs": []}).json() == {"outputs": []}

    def test_a_missing_input_is_named(self, api: httpx.Client) -> None:
        response = predict(api, {"signature_name": "join", "inputs": {"label": ["a"]}})
        assert (response.status_code, error(response)) == (400, "Missing named input: vector in 'inputs' object.")


class TestBytes:
    def test_base64_goes_in_and_comes_out_of_names_ending_in_bytes(self, api: httpx.Client) -> None:
        raw = bytes(range(256))
        encoded = base64.b64encode(raw).decode()
        body = {"signature_name": "describe", "inputs": [{"b64": encoded}]}
        answer = api.post("/v1/models/contract:predict", json=body)
        assert answer.status_code == 200
        # The other outputs hold the same bytes, which are not UTF-8 and no rule says how to write.
        text = answer.content.decode(errors="replace")
        assert f'"{encoded}"' in text

    def test_base64_may_stand_for_a_whole_row(self, api: httpx.Client) -> None:
        answer = predict(api, {"signature_name": "describe", "instances": [{"b64": "bXVn"}, "mug"]})
        assert [row["number"] for row in answer.json()["predictions"]] == [7, 7]

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ({"b64": "%%%"}, "Unable to base64 decode"),
            ({"b64": 1}, "not formatted correctly for base64 data"),
            ({"b64": "aGF0", "more": 1}, "not formatted correctly for base64 data"),
        ],
    )
    def test_bad_base64_is_refused(self, api: httpx.Client, value: object, message: str) -> None:
        response = predict(api, {"signature_name": "describe", "inputs": [value, "x"]})
        assert response.status_code == 400
        assert message in error(response)

    def test_text_is_utf_8(self, api: httpx.Client) -> None:
        answer = predict(api, {"signature_name": "describe", "instances": ["Tasse à café ☕"]})
        assert answer.json()["predictions"][0]["product_id"][0] == "Tasse à café ☕"


class TestNumbers:
    def test_nan_and_infinity_go_in_and_out_as_tokens(self, api: httpx.Client) -> None:
        answer = predict(api, b'{"instances": [NaN, Infinity, -Infinity, 0.1]}')
        values = json.loads(answer.text)["predictions"]
        assert math.isnan(values[0])
        assert values[1:] == [math.inf, -math.inf, 0.2]

    @pytest.mark.parametrize("name", ["float32", "float64"])
    def test_decimals_come_back_with_the_digits_they_had(self, api: httpx.Client, name: str) -> None:
        numbers = [0.1, 3.0, -2.5, 1e-5, 16777215, 123456.789]
        body = {"signature_name": name, "instances": numbers}
        answer = predict(api, body, "/v1/models/types:predict").json()["predictions"]
        assert answer == pytest.approx(numbers, rel=1e-7 if name == "float32" else 0)
        assert answer[0] == 0.1

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("int8", [-128, 127]),
            ("uint8", [0, 255]),
            ("int16", [-(2**15), 2**15 - 1]),
            ("int32", [-(2**31), 2**31 - 1]),
            ("int64", [-(2**63), 2**63 - 1]),
            ("uint32", [0, 2**32 - 1]),
            ("uint64", [0, 2**64 - 1]),
            ("bool", [True, False]),
            ("string", ["a", ""]),
        ],
    )
    def test_every_type_comes_back_as_it_went(self, api: httpx.Client, name: str, values: list[object]) -> None:
        body = {"signature_name": name, "instances": values}
        answer = predict(api, body, "/v1/models/types:predict")
        assert answer.json() == {"predictions": values}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("int32", 2**31),
            ("int32", 1.5),
            ("int64", 2**63),
            ("uint32", -1),
            ("uint64", -1),
            ("float32", "0.5"),
            ("float32", True),
            ("float32", None),
            ("bool", 1),
            ("string", 1),
            ("string", None),
        ],
    )
    def test_a_wrong_type_is_named_with_its_value(self, api: httpx.Client, name: str, value: object) -> None:
        body = {"signature_name": name, "inputs": [value]}
        response = predict(api, body, "/v1/models/types:predict")
        expected = {"float32": "float"}.get(name, name)
        assert response.status_code == 400
        assert error(response).startswith(f"JSON Value: {json.dumps(value)} Type: ")
        assert error(response).endswith(f" is not of expected type: {expected}")

    @pytest.mark.parametrize(("name", "value"), [("float32", 2**24), ("float32", 1e39), ("float64", 2**53)])
    def test_a_number_that_would_change_is_refused(self, api: httpx.Client, name: str, value: float) -> None:
        body = {"signature_name": name, "inputs": [value]}
        response = predict(api, body, "/v1/models/types:predict")
        assert response.status_code == 400
        assert "without loss of precision" in error(response)

    def test_a_type_that_json_cannot_feed_is_unimplemented(self, api: httpx.Client) -> None:
        body = {"signature_name": "float16", "inputs": [1.0]}
        response = predict(api, body, "/v1/models/types:predict")
        assert response.status_code == 501
        assert error(response).startswith("Conversion of JSON Value: 1.0 to type: ")

    def test_an_output_that_json_cannot_hold_is_refused(self, api: httpx.Client) -> None:
        body = {"signature_name": "bfloat16_out", "inputs": [1.0]}
        response = predict(api, body, "/v1/models/types:predict")
        assert response.status_code == 400
        assert error(response) == "Failed to write JSON value for tensor type: bfloat16"


class TestShapes:
    @pytest.mark.parametrize(
        ("instances", "message"),
        [
            ([[1, 2], [3, 4, 5]], "Expecting tensor size: 2 but got: 3"),
            ([[1, 2], [[3, 4]]], "Expecting shape [2] but got: [1,2]"),
            ([1, [1]], "Expecting shape [] but got: [1]"),
        ],
    )
    def test_rows_of_different_shapes_are_refused(self, api: httpx.Client, instances: object, message: str) -> None:
        response = predict(api, {"instances": instances})
        assert response.status_code == 400
        assert error(response).startswith("Failed to process element: 1 of 'instances' list. Error: ")
        assert error(response).endswith(message)

    @pytest.mark.parametrize(
        ("inputs", "message"),
        [
            ([[1, 2], [3]], "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
            ([1, [2]], "Encountered list at unexpected level: 1 expected < 1"),
            ([[1], 2], "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ],
    )
    def test_ragged_columns_are_refused(self, api: httpx.Client, inputs: object, message: str) -> None:
        response = predict(api, {"inputs": inputs})
        assert (response.status_code, error(response)) == (400, message)

    def test_a_shape_the_model_cannot_use_is_its_own_error(self, api: httpx.Client) -> None:
        body = {"signature_name": "join", "inputs": {"vector": [[1, 2]], "label": ["a"]}}
        response = predict(api, body)
        assert response.status_code == 400
        assert "Matrix size-incompatible: In[0]: [1,2], In[1]: [3,2]" in error(response)

    @pytest.mark.parametrize(
        ("instances", "message"),
        [
            ([{"vector": [1, 2, 3], "label": "a"}, 5], "Expecting object but got list at item 1 of input list"),
            ([5, {"vector": [1, 2, 3]}], "instances is a plain list, but expecting list of objects"),
            ([{"vector": [1, 2, 3]}], "keys must be equal to: label,vector"),
            ([{"vector": [1, 2, 3], "label": "a", "x": 1}], "JSON object: does not have named input: x"),
        ],
    )
    def test_rows_must_name_exactly_the_inputs(self, api: httpx.Client, instances: object, message: str) -> None:
        response = predict(api, {"signature_name": "join", "instances": instances})
        assert response.status_code == 400
        assert message in error(response)

    def test_an_object_among_plain_rows_is_refused(self, api: httpx.Client) -> None:
        response = predict(api, {"instances": [1.0, {"x": 1.0}]})
        assert error(response) == "Expecting value/list but got object at item 1 of input list"

    def test_plain_columns_are_refused_for_several_inputs(self, api: httpx.Client) -> None:
        response = predict(api, {"signature_name": "join", "inputs": [1.0]})
        assert response.status_code == 400
        assert error(response).startswith("inputs is a plain value/list, but expecting an object")


class TestExamples:
    """Classify and regress."""

    def test_classify_gives_label_and_score_of_each_class(self, api: httpx.Client) -> None:
        answer = api.post("/v1/models/examples:classify", content=b'{"examples": [{"x": 1.5}, {"x": [0.1]}]}')
        assert answer.json() == {"results": [[["up", 1.5], ["down", -1.5]], [["up", 0.1], ["down", -0.1]]]}

    def test_labels_may_be_missing(self, api: httpx.Client) -> None:
        body = b'{"signature_name": "scores", "examples": [{"x": NaN}, {"x": 2.0}]}'
        results = json.loads(api.post("/v1/models/examples/versions/1:classify", content=body).text)["results"]
        assert results[1] == [["", 2.0], ["", -2.0]]
        assert math.isnan(results[0][0][1])

    def test_regress_gives_a_number_an_example_and_context_is_shared(self, api: httpx.Client) -> None:
        body = {"signature_name": "total", "context": {"bonus": 10}, "examples": [{"x": 1.5}, {"x": 2.0}]}
        assert api.post("/v1/models/examples:regress", json=body).json() == {"results": [11.5, 12.0]}

    def test_such_signatures_can_be_predicted_with_too(self, api: httpx.Client) -> None:
        example = base64.b64encode(b"\n\x0f\n\r\n\x01x\x12\x08\x12\x06\n\x04\x00\x00\x80?").decode()
        answer = predict(api, {"instances": [{"b64": example}]}, "/v1/models/examples:predict")
        assert answer.json() == {"predictions": [{"classes": ["up", "down"], "scores": [1.0, -1.0]}]}

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({}, "key 'examples' is expected and was not found"),
            ({"examples": 1}, "Expecting 'examples' value to be an list/array"),
            ({"examples": []}, "'examples' value is an empty array"),
            ({"examples": [1]}, "Example must be JSON object but got JSON Number"),
            ({"examples": [{"x": None}]}, "Feature: x has element with unexpected JSON type: Null"),
            ({"examples": [{"x": [[1.0]]}]}, "Feature: x has element with unexpected JSON type: Array"),
            ({"examples": [{"x": [1.0, 2]}]}, "Unexpected element type in feature: x expecting type: float"),
            ({"examples": [{"x": 2**64 - 1}]}, "Feature: x has uint64 element. Only int64 is supported."),
            ({"examples": [{"x": 1.0}], "signature_name": "none"}, "No signature was found with the name: none"),
            (
                {"examples": [{"x": 1.0}], "signature_name": "total"},
                "to be tensorflow/serving/classify. Was: ",
            ),
        ],
    )
    def test_a_bad_request_is_told_what_is_wrong_with_it(self, api: httpx.Client, body: object, message: str) -> None:
        response = api.post("/v1/models/examples:classify", json=body)
        assert response.status_code == 400
        assert message in error(response)

    def test_outputs_that_are_not_one_number_an_example_are_refused(self, api: httpx.Client) -> None:
        body = {"signature_name": "wide", "examples": [{"x": 1.0}]}
        response = api.post("/v1/models/examples:regress", json=body)
        assert response.status_code == 400
        assert error(response) == (
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [1,2]"
        )


class TestRequests:
    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b"", "JSON Parse error: The document is empty"),
            (b"instances = [1]", "JSON Parse error: Invalid value. at offset: 0"),
            (b'{"instances": [1.0}', "JSON Parse error: Missing a comma or ] after an array element. at offset: 18"),
            (b'{"instances": [1.0] "x"}', "JSON Parse error: Missing a comma or } after an object member."),
            (b'{"instances" [1.0]}', "JSON Parse error: Missing a colon after a name of object member."),
            (b"{instances: [1.0]}", "JSON Parse error: Missing a name for object member. at offset: 1"),
            (b'{"instances": [1.0]} x', "JSON Parse error: The document root must not be followed by other values."),
            (b'{"instances": ["x]}', "JSON Parse error: Missing a closing quotation mark in string."),
            (b'{"instances": [1e400]}', "JSON Parse error: Number too big to be stored in double."),
            (b"[1.0]", "Is not object"),
            (b'{"signature_name": 1, "instances": [1.0]}', "'signature_name' key must be a string value."),
            (b'{"signature_name": "x"}', 'Serving signature name: "x" not found in signature def'),
            (b"{}", "Missing 'inputs' or 'instances' key"),
            (b'{"instances": [1.0], "inputs": [1.0]}', "expecting only one of 'inputs' or 'instances' keys to exist"),
            (b'{"instances": 1.0}', "Excepting 'instances' to be an list/array"),
        ],
    )
    def test_a_bad_body_is_told_what_is_wrong_with_it(self, api: httpx.Client, body: bytes, message: str) -> None:
        response = predict(api, body)
        assert response.status_code == 400
        assert message in error(response)

    @pytest.mark.parametrize(
        ("path", "request_name"), [("nope", "Latest(nope)"), ("contract/versions/9", "Specific(contract, 9)")]
    )
    def test_what_is_not_loaded_is_not_found(self, api: httpx.Client, path: str, request_name: str) -> None:
        response = predict(api, {"instances": [1.0]}, f"/v1/models/{path}:predict")
        assert response.status_code == 404
        assert error(response) == f"Servable not found for request: {request_name}"

    def test_a_version_can_be_asked_for(self, api: httpx.Client) -> None:
        assert predict(api, {"instances": [1.0]}, "/v1/models/contract/versions/1:predict").status_code == 200

    def test_an_unknown_label_is_refused(self, api: httpx.Client) -> None:
        response = predict(api, {"instances": [1.0]}, "/v1/models/contract/labels/canary:predict")
        assert (response.status_code, error(response)) == (400, "Unrecognized servable version label: canary")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/models/contract:predict"),
            ("PUT", "/v1/models/contract:predict"),
            ("DELETE", "/v1/models/contract"),
            ("POST", "/v1/models/contract"),
            ("POST", "/v1/models/contract:explain"),
            ("POST", "/v1/models/contract/version/1:predict"),
        ],
    )
    def test_a_wrong_method_or_verb_is_malformed(self, api: httpx.Client, method: str, path: str) -> None:
        response = api.request(method, path, content=b"{}")
        assert (response.status_code, error(response)) == (400, f"Malformed request: {method} {path}")

    def test_a_version_beyond_64_bits_is_refused(self, api: httpx.Client) -> None:
        response = predict(api, {"instances": [1.0]}, f"/v1/models/contract/versions/{2**64}:predict")
        assert response.status_code == 400

    def test_paths_outside_the_api_are_not_found(self, api: httpx.Client) -> None:
        assert api.get("/elsewhere").status_code == 404


class TestVersionsAndLabels:
    """Of the model `versions`: 1 (stable) and 2 (canary) serve, 3 is on disk."""

    @pytest.mark.parametrize(
        ("choice", "value"),
        [("", 20.0), ("/versions/1", 10.0), ("/versions/2", 20.0), ("/labels/stable", 10.0), ("/labels/canary", 20.0)],
    )
    def test_are_asked_for_in_the_path(self, api: httpx.Client, choice: str, value: float) -> None:
        response = predict(api, {"instances": [1.0]}, f"/v1/models/versions{choice}:predict")
        assert response.json() == {"predictions": [value]}

    @pytest.mark.parametrize(
        ("choice", "version"), [("", "2"), ("/versions/1", "1"), ("/labels/stable", "1"), ("/labels/canary", "2")]
    )
    def test_have_their_own_metadata(self, api: httpx.Client, choice: str, version: str) -> None:
        assert api.get(f"/v1/models/versions{choice}/metadata").json()["model_spec"]["version"] == version

    @pytest.mark.parametrize("choice", ["", "/labels/stable", "/labels/nope"])
    def test_are_all_in_the_status_newest_first_whatever_the_label(self, api: httpx.Client, choice: str) -> None:
        states = api.get(f"/v1/models/versions{choice}").json()["model_version_status"]
        assert [(entry["version"], entry["state"]) for entry in states] == [("2", "AVAILABLE"), ("1", "AVAILABLE")]

    @pytest.mark.parametrize("verb", ["predict", "classify", "regress", "metadata"])
    def test_that_are_unknown_are_refused(self, api: httpx.Client, verb: str) -> None:
        def ask(choice: str) -> httpx.Response:
            if verb == "metadata":
                return api.get(f"/v1/models/versions{choice}/metadata")
            body = {"instances": [1.0]} if verb == "predict" else {"examples": [{"x": 1.0}]}
            return api.post(f"/v1/models/versions{choice}:{verb}", json=body)

        label, version = ask("/labels/nope"), ask("/versions/3")
        assert (label.status_code, error(label)) == (400, "Unrecognized servable version label: nope")
        assert (version.status_code, error(version)) == (404, "Servable not found for request: Specific(versions, 3)")
