"""Compilers for functions that call each other, of which native code is made once, in the outermost.

Numba optimises every function that it compiles, with all that it calls linked into it, and makes native code of that.
Of the hundreds of functions of a plant only the way in is called from Python, and its code holds that of all others:
what was made of each of them for itself took more than a third of the time to compile a site.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.funcdesc import default_mangler


class InnerCompiler(Compiler):
    """Compiles a function to what is linked into those that call it, and no further."""

    def define_pipelines(self) -> Any:
        """Return Numba's own passes, after which a function has no native code."""
        state: Any = self.state
        state.flags.no_compile = True
        _name_briefly(state)
        library: Any = _InnerLibrary
        state.library = library(state.targetctx.codegen(), state.func_id.func_qualname)
        return super().define_pipelines()  # type: ignore[no-untyped-call]

    def compile_extra(self, func: Any) -> Any:
        """Compile a function and let compiled functions call it."""
        result = super().compile_extra(func)  # type: ignore[no-untyped-call]
        described = result.fndesc
        # Stands for what Python would call: there is no code behind it.
        entry = _dynfunc.make_function(
            described.lookup_module(), described.qualname, "", 0, result.environment, (result.library,)
        )
        self.state.targetctx.insert_user_function(entry, described, [result.library])
        return result._replace(entry_point=entry)


class OuterCompiler(Compiler):
    """Compiles a function that may call functions without native code of their own."""

    def define_pipelines(self) -> Any:
        """Return Numba's own passes."""
        _name_briefly(self.state)
        return super().define_pipelines()  # type: ignore[no-untyped-call]

    def compile_extra(self, func: Any) -> Any:
        """Compile a function and give its code the environments of what it calls, without which nothing is raised."""
        result = super().compile_extra(func)  # type: ignore[no-untyped-call]
        for environment in result._find_referenced_environments():
            result.codegen.set_env(environment.env_name, environment)
        return result


def _name_briefly(state: Any) -> None:
    state.targetctx = state.targetctx.subtarget(mangler=_brief_name)


def _brief_name(name: str, types: Any, *, abi_tags: Any = (), uid: int | None = None) -> str:
    """Return the name of a function in compiled code, with a digest where Numba writes the types out.

    Those of a plant are thousands of letters each, and every call repeats them: they were most of the text.
    """
    digest = blake2b(" ".join(map(str, types)).encode(), digest_size=12).hexdigest()
    brief: str = default_mangler(name, (digest,), abi_tags=abi_tags, uid=uid)
    return brief


class _InnerLibrary(JITCodeLibrary):
    """Code that is complete once it can be linked; whoever links it in optimises it there."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._verify_declare_only_symbols()  # type: ignore[no-untyped-call]
        self._finalized = True
