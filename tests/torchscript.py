"""Archives as PyTorch writes them, without PyTorch: modules of tensors, pickled into a zip."""

import io
import pickle
import sys
import types
import zipfile

import numpy as np


class Storage:
    """A tensor's storage, which the pickle names by its number."""

    def __init__(self, number, array):
        self.number, self.array = number, array


def named(module, name, kind=type):
    """Makes a class, or a function, that a pickle names `module.name`."""
    made = type(name, (), {}) if kind is type else lambda *arguments: arguments
    made.__module__, made.__name__, made.__qualname__ = module, name, name
    for entry in (module.partition(".")[0], module):
        sys.modules.setdefault(entry, types.ModuleType(entry))
    setattr(sys.modules[module], name, made)
    return made


class Writer(pickle.Pickler):
    """Pickles arrays as PyTorch's tensors; `strides` puts others in place of C's."""

    def __init__(self, file, names, strides=None):
        super().__init__(file, protocol=2)
        self.rebuild, self.floats = names
        self.strides = strides
        self.storages = []

    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            self.storages.append(obj.array.tobytes())
            return "storage", self.floats, str(obj.number), "cpu", obj.array.size
        return None

    def reducer_override(self, obj):
        if not isinstance(obj, np.ndarray):
            return NotImplemented
        strides = self.strides or tuple(step // 4 for step in obj.strides)
        storage = Storage(len(self.storages), obj.ravel())
        return self.rebuild, (storage, 0, obj.shape, strides, False, {})


def write(tree, strides=None):
    """Returns the bytes of an archive with nested modules; a dict's other values are kept."""
    before = dict(sys.modules)
    try:
        module = named("__torch__.net", "Net")
        names = (
            named("torch._utils", "_rebuild_tensor_v2", "function"),
            named("torch", "FloatStorage"),
        )

        def build(tree):
            entry = module()
            vars(entry).update(
                {
                    key: build(value) if isinstance(value, dict) else value
                    for key, value in tree.items()
                }
            )
            return entry

        content = io.BytesIO()
        writer = Writer(content, names, strides)
        writer.dump(build(tree))
    finally:
        for name in set(sys.modules) - set(before):
            del sys.modules[name]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("net/data.pkl", content.getvalue())
        for number, storage in enumerate(writer.storages):
            file.writestr(f"net/data/{number}", storage)
    return archive.getvalue()
