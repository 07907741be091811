"""Text of StableHLO programs."""

import collections
import re

TOKEN = re.compile(
    r"""
    ^\ *(?P<result>%\w+)\ =\ "?mhlo\.copy"?\(?\ ?(?P<operand>%\w+(\#\d+)?).*\n  # a line
    | "(\\.|[^"\\])*"   # a string, in which nothing is replaced
    | %\w+(\#\d+)?      # a value
    | [{}]              # the scope of values: those of a region are unknown outside
    """,
    re.MULTILINE | re.VERBOSE,
)
OTHER_OPERATION = re.compile(r'^ *(?:%[\w:]+(?:, )? ?)*(?:= )?"?(mhlo\.\w+)', re.MULTILINE)


def without_copies(text):
    """Replaces the results of `mhlo.copy`, which isn't StableHLO, by their operands.

    Args:
        text: A program.

    Raises:
        ValueError: If another operation of MHLO is left.

    Example:

    >>> print(without_copies('''func.func @main(%arg0: tensor<2xf32>) -> tensor<2xf32> {
    ...   %0 = mhlo.copy %arg0 : tensor<2xf32>
    ...   %1 = stablehlo.add %0, %0 : tensor<2xf32>
    ...   return %1 : tensor<2xf32>
    ... }'''))
    func.func @main(%arg0: tensor<2xf32>) -> tensor<2xf32> {
      %1 = stablehlo.add %arg0, %arg0 : tensor<2xf32>
      return %1 : tensor<2xf32>
    }
    """
    operands = collections.ChainMap()

    def replace(match):
        nonlocal operands
        if match["result"]:
            operands[match["result"]] = operands.get(match["operand"], match["operand"])
            return ""
        if match[0] == "{":
            operands = operands.new_child()
        elif match[0] == "}":
            operands = operands.parents
        return operands.get(match[0], match[0])

    text = TOKEN.sub(replace, text)
    if other := OTHER_OPERATION.search(text):
        raise ValueError(f"expected StableHLO's operations only, got {other[1]}; replace it too.")
    return text
