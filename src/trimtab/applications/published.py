"""The weights that were published for Keras: their files, with checksums, and how to get them."""

from __future__ import annotations

import os
from dataclasses import dataclass

from trimtab.data import get_file

_SOURCE = "https://storage.googleapis.com/"


@dataclass(frozen=True)
class Published:
    """The two files of a network's weights, with and without the classifier.

    Attributes:
        top: Path of the file with it.
        top_md5: Its MD5 checksum; None where none was published.
        no_top: Path of the file without it.
        no_top_md5: Its MD5 checksum.
    """

    top: str
    top_md5: str | None
    no_top: str
    no_top_md5: str | None


def _published(folder: str, top: str, no_top: str, *hashes: str) -> Published:
    first, second = hashes or (None, None)
    return Published(f"{folder}/{top}", first, f"{folder}/{no_top}", second)


_FOLDER = "tensorflow/keras-applications"
_KERNELS = "weights_tf_dim_ordering_tf_kernels"


def _kernels(name: str, folder: str, *hashes: str) -> Published:
    files = (f"{name}_{_KERNELS}.h5", f"{name}_{_KERNELS}_notop.h5")
    return _published(f"{_FOLDER}/{name if folder == '=' else folder}", *files, *hashes)


# A network a line: its key, its folder (= is that of its own name), the MD5 of its file with the
# classifier and of that without. Source: Keras 3.15.1, keras.applications.
_HASHES = """
resnet50 resnet 2cb95161c43110f7111970584f804107 4d473c1dd8becc155b73f8504c6f6626
resnet101 resnet f1aeb4b969a6efcfb50fad2f0c20cfc5 88cf7a10940856eca736dc7b7e228a21
resnet152 resnet 100835be76be38e30d865e96f2aaae62 ee4c566cf9a93f14d82f913c2dc6dd0c
resnet50v2 resnet 3ef43a0b657b3be2300d5770ece849e0 fac2f116257151a9d068a22e544a4917
resnet101v2 resnet 6343647c601c52e1368623803854d971 c0ed64b8031c3730f411d2eb4eea35b5
resnet152v2 resnet a49b44d1979771252814e80f8ec446f9 ed17cf2e0169df9d443503ef94b23b33
densenet121 densenet 9d60b8095a5708f2dcce2bca79d332c7 30ee3e1110167f948a6b9946edeeb738
densenet169 densenet d699b8f76981ab1b30698df4c175e90b b8c4d4c20dd625c148057b9ff1c1176b
densenet201 densenet 1ceb130c1ea1b78c3bf6114dbdfd8807 c13680b51ded0fb44dff2d8f86ac8bb1
vgg16 = 64373286793e3c8b2b4e3219cbf3544b 6d6bbae143d832006294945121d1f1fc
vgg19 = cbe5617147190e668d6c5d5026f83318 253f8cb515780f3b799900260a226db6
inception_v3 = 9a0d58056eeedaa3f26cb7ebd46da564 bcbd6486424b2319ff4ef7d526e38f63
xception = 0a58e3b7378bc2990ea3b43d5981f1f6 b0042744bf5b25fce3cb969f33bebb97
inception_resnet_v2 = e693bd0210a403b3192acc6073ad2e96 d19885ff4a710c122648d3b5c3b684e4
"""
_EFFICIENT = """
efficientnetb0 902e53a9f72be733fc0bcb005b3ebbac 50bc09e76180e00e4465e1a485ddc09d
efficientnetb1 1d254153d4ab51201f1646940f018540 74c4e6b3e1f6a1eea24c589628592432
efficientnetb2 b15cce36ff4dcbd00b6dd88e7857a6ad 111f8e2ac8aa800a7a99e3239f7bfb39
efficientnetb3 ffd1fdc53d0ce67064dc6a9c7960ede0 af6d107764bb5b1abb91932881670226
efficientnetb4 18c95ad55216b8f92d7e70b3a046e2fc ebc24e6d6c33eaebbd558eafbeedf1ba
efficientnetb5 ace28f2a6363774853a83a0b21b9421a 38879255a25d3c92d5e44e04ae6cec6f
efficientnetb6 165f6e37dce68623721b423839de8be5 9ecce42647a20130c1f39a5d4cb75743
efficientnetb7 8c03f828fec3ef71311cd463b6759d99 cbcfe4450ddf6f3ad90b1b398090fe4a
"""
_EFFICIENT_V2 = """
b0 21ecbf6da12460d5c40bb2f29ceb2188 893217f2bb855e2983157299931e43ff
b1 069f0534ff22adf035c89e2d9547a9dc 0e80663031ca32d657f9caa404b6ec37
b2 424e49f28180edbde1e94797771950a7 1dfe2e7a5d45b6632553a8961ea609eb
b3 1f1fc43bd98a6e4fd8fdfd551e02c7a0 f6abf7b5849ac99a89b50dd3fd532856
s e1d88a8495beba45748fedd0cecbe016 af0682fb74e8c54910f2d4393339c070
m a3bf6aa3276309f4fc6a34aa114c95cd 1b8dc055df72dde80d614482840fe342
l 27e6d408b53c7ebc868fefa357689935 b0b66b5c863aef5b46e8608fe1711615
"""
_MOBILE_V3 = """
large_224_0.75_float 765b44a33ad4005b3ac83185abf1d0eb 40af19a13ebea4e2ee0c676887f69a2e
large_224_1.0_float 59e551e166be033d707958cf9e29a6a7 07fb09a5933dd0c8eaafa16978110389
large_minimalistic_224_1.0_float 675e7b876c45c57e9e63e6d90a36599c ec5221f64a2f6d1ef965a614bdae7973
small_224_0.75_float cb65d4e5be93758266aa0a7f2c6708b7 ebdb5cc8e0b497cd13a7c275d475c819
small_224_1.0_float 8768d4c2e7dee89b9d02b2d03d65d862 d3e8ec802a04aa4fc771ee12a9a9b836
small_minimalistic_224_1.0_float 99cd97fb2fcdad2bf028eb838de69e37 cde8136e733e811080d9fcd8a252f7e4
"""
_ALPHAS = {"1.00": "1_0", "0.75": "7_5", "0.50": "5_0", "0.25": "2_5"}
_SIZES = (96, 128, 160, 192, 224)


def _rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.split("\n") if line]


def _all() -> dict[str, Published]:
    found = {name: _kernels(name, folder, *hashes) for name, folder, *hashes in _rows(_HASHES)}
    for name, *hashes in _rows(_EFFICIENT):
        files = (f"{name}.h5", f"{name}_notop.h5")
        found[name] = _published("keras-applications", *files, *hashes)
    for size, *hashes in _rows(_EFFICIENT_V2):
        name = f"efficientnetv2-{size}"
        files = (f"{name}.h5", f"{name}_notop.h5")
        found[name] = _published(f"{_FOLDER}/efficientnet_v2", *files, *hashes)
    for name, *hashes in _rows(_MOBILE_V3):
        files = (f"weights_mobilenet_v3_{name}.h5", f"weights_mobilenet_v3_{name}_no_top_v2.h5")
        found[f"mobilenet_v3_{name}"] = _published(f"{_FOLDER}/mobilenet_v3", *files, *hashes)
    for alpha, text in _ALPHAS.items():
        for side in _SIZES[1:]:
            files = (f"mobilenet_{text}_{side}_tf.h5", f"mobilenet_{text}_{side}_tf_no_top.h5")
            found[f"mobilenet_{alpha}_{side}"] = _published(f"{_FOLDER}/mobilenet", *files)
    for alpha in ("0.35", "0.5", "0.75", "1.0", "1.3", "1.4"):
        for side in _SIZES if float(alpha) <= 1 else (224,):
            stem = f"mobilenet_v2_{_KERNELS}_{alpha}_{side}"
            files = (f"{stem}.h5", f"{stem}_no_top.h5")
            found[f"mobilenet_v2_{alpha}_{side}"] = _published(f"{_FOLDER}/mobilenet_v2", *files)
    return found


# Key of a network's weights -> its files.
PUBLISHED: dict[str, Published] = _all()


def fetch(name: str, include_top: bool) -> str:
    """The path of a published file, fetched into Keras's cache if it is not there.

    Args:
        name: Key of the network's weights.
        include_top: Whether it is the file with the classifier.

    Raises:
        ConnectionError: If it cannot be fetched; the message says where to put it by hand.
        ValueError: If the fetched file has another checksum.
    """
    files = PUBLISHED[name]
    path, md5 = (files.top, files.top_md5) if include_top else (files.no_top, files.no_top_md5)
    return get_file(os.path.basename(path), _SOURCE + path, file_hash=md5, cache_subdir="models")
