"""JSON-RPC 2.0 over HTTP, the part of a client that no document is needed for."""

import json
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

Result = TypeVar("Result", bound=BaseModel)


class Refused(Exception):
    """An error that the server answered with."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.data = code, message, data


class Caller:
    """Calls methods at an address. Numbers with a fraction come as decimals and never become floats."""

    def __init__(self, address: str, headers: dict[str, str], httpx_args: dict[str, Any] | None = None) -> None:
        self._http = httpx.Client(base_url=address, headers=headers, timeout=30, **(httpx_args or {}))
        self._ids = count(1)

    def call(self, method: str, params: BaseModel | None, result: type[Result]) -> Result:
        asked: dict[str, Any] = {"jsonrpc": "2.0", "id": next(self._ids), "method": method}
        if params is not None:
            asked["params"] = params.model_dump(mode="json", by_alias=True, exclude_unset=True)
        answer = json.loads(self._http.post("/api/", json=asked).text, parse_float=Decimal)
        if answer["id"] != asked["id"]:
            raise ValueError(f"{method}: the answer to another call: {answer['id']}")
        if "error" in answer:
            error = answer["error"]
            raise Refused(error["code"], error["message"], error.get("data"))
        return result.model_validate(answer["result"])
