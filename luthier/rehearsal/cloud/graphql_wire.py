"""RunPod's GraphQL: parsed and validated against the written schema, as production does."""

from importlib.resources import files
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    specified_rules,
    validate,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from luthier.rehearsal.cloud.account import Caller
from luthier.rehearsal.cloud.answers import answer
from luthier.rehearsal.cloud.faults import Operation
from luthier.rehearsal.cloud.graphql_root import Root
from luthier.rehearsal.cloud.provider import Provider
from luthier.rehearsal.cloud.refusal import Refusal

SCHEMA = build_schema(files("luthier.rehearsal.cloud").joinpath("schema.graphql").read_text())
RULES = [*specified_rules, NoSchemaIntrospectionCustomRule]
OPERATIONS: dict[str, Operation] = {
    "gpuTypes": "quote",
    "myself": "account",
    "pod": "get",
    "podFindAndDeployOnDemand": "create",
    "podRentInterruptable": "create",
    "podResume": "resume",
    "podBidResume": "resume",
    "podStop": "stop",
    "podTerminate": "terminate",
}


def reply(provider: Provider, request: Request, body: Any) -> Response:
    """One query or mutation. 401 for an unknown key, 400 for what the schema does not know, else 200."""
    try:
        caller = provider.account.caller(_token(request), "graphql", provider.everything())
        document = parse(body["query"])
    except Refusal as refused:
        return _errors(refused.status, [GraphQLError(refused.message, extensions={"code": refused.code})])
    except GraphQLError as error:
        return _errors(400, [_coded(error, "GRAPHQL_PARSE_FAILED")])
    except (KeyError, TypeError):
        return _errors(400, [GraphQLError("no query", extensions={"code": "BAD_REQUEST"})])
    if wrong := validate(SCHEMA, document, RULES):
        return _errors(400, [_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in wrong])
    return answer(provider.faults, operation(document), lambda: _execute(provider, caller, document, body))


def _token(request: Request) -> str:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bearer or request.query_params.get("api_key", "")


def operation(document: DocumentNode) -> Operation:
    """What its first field asks for."""
    query = cast(OperationDefinitionNode, document.definitions[0])
    field = cast(FieldNode, query.selection_set.selections[0])
    parts = field.selection_set.selections if field.selection_set else ()
    asks_pods = any(isinstance(part, FieldNode) and part.name.value == "pods" for part in parts)
    return "list" if asks_pods else OPERATIONS.get(field.name.value, "account")


def _execute(provider: Provider, caller: Caller, document: DocumentNode, body: dict[str, Any]) -> Response:
    result = execute_sync(SCHEMA, document, Root(provider, caller), variable_values=body.get("variables"))
    errors = [_coded(error, "INTERNAL_SERVER_ERROR") for error in result.errors or []]
    if errors and result.data is None:  # the variables do not fit
        return _errors(400, [_coded(error, "BAD_USER_INPUT") for error in result.errors or []])
    found: dict[str, Any] = {"data": result.data}
    return JSONResponse({"errors": [error.formatted for error in errors]} | found if errors else found)


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    """With the code of the refusal behind it, or this one."""
    if isinstance(error.original_error, Refusal):
        code = error.original_error.code
    error.extensions = {"code": code}
    return error


def _errors(status: int, errors: list[GraphQLError]) -> Response:
    return JSONResponse({"errors": [error.formatted for error in errors]}, status)
