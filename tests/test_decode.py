from __future__ import annotations

import io

import numpy as np
import pytest
from datasets import encoded, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFile

from fastdup_checks.decode import Unreadable, decode, own_decoder, squash
from fastdup_checks.limits import Limits
from fastdup_checks.quality import find_flaws
from fastdup_checks.statistics import STATISTICS, measure_statistics

LIMITS = Limits()


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_every_kind_of_picture_becomes_rgb():
    base = picture(1)
    grey16 = Image.fromarray(np.asarray(base.convert("L")).astype(np.uint16) * 257)
    kinds = {
        "jpeg": saved(base, "JPEG"),
        "cmyk": saved(base.convert("CMYK"), "JPEG"),
        "grey": saved(base.convert("L"), "PNG"),
        "palette": saved(base.convert("P"), "PNG"),
        "gif": saved(base, "GIF"),
        "bmp": saved(base, "BMP"),
        "webp": saved(base, "WEBP"),
        "tiff": saved(base, "TIFF"),
        "16 bit": saved(grey16, "PNG"),
        "1 bit": saved(base.convert("1"), "PNG"),
        "rgba": saved(base.convert("RGBA"), "PNG"),
    }
    for name, data in kinds.items():
        found = decode(data, LIMITS)
        assert found.rgb.mode == "RGB", name
        assert (found.width, found.height) == base.size, name


def test_sixteen_bits_are_scaled_and_not_clipped():
    values = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    found = np.asarray(decode(saved(Image.fromarray(values), "PNG"), LIMITS).rgb)[:, :, 0]
    assert np.abs(found.astype(int) - (values >> 8)).max() <= 1


@pytest.mark.parametrize("bits", [1, 8, 10, 12, 14, 16])
def test_bits_that_are_not_used_make_no_picture_dark(bits):
    values = np.linspace(0, 2**bits - 1, 64 * 64).reshape(64, 64).astype(np.uint16)
    found = np.asarray(decode(saved(Image.fromarray(values), "PNG"), LIMITS).rgb)
    assert (found.min(), found.max()) == (0, 255)


def icon(*box):
    drawn = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    drawn.paste("white", box)
    drawn.paste("black", (0, 0, 3, 3))  # so that white ground does not hide all of it
    return drawn


def animated(kind, *shades):
    frames = [Image.new("RGB", (40, 40), (shade, 0, 0)) for shade in shades]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    "pair",
    [
        [saved(Image.fromarray(np.full((40, 40), 4095 - n, np.uint16)), "PNG") for n in (0, 1)],
        [saved(Image.fromarray(np.full((40, 40), value, np.float32)), "TIFF") for value in (np.nan, np.inf)],
        [saved(icon(*box), "PNG") for box in ((5, 5, 20, 20), (9, 9, 30, 20))],
        *([animated(kind, 10, 100), animated(kind, 10, 200)] for kind in ("GIF", "TIFF", "PNG", "WEBP")),
    ],
)
def test_pictures_that_differ_where_eight_bits_of_the_first_frame_do_not_are_not_the_same(pair):
    one, other = (decode(data, LIMITS) for data in pair)
    assert one.rgb.tobytes() == other.rgb.tobytes()
    assert one.digest != other.digest


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_what_is_seen(kind):
    assert decode(animated(kind, 0, 200, 200), LIMITS).rgb.getextrema() == ((0, 0),) * 3


def test_the_same_fine_or_transparent_pixels_are_the_same_in_any_file():
    fine = Image.fromarray(np.arange(1600, dtype=np.uint16).reshape(40, 40))
    assert decode(saved(fine, "PNG"), LIMITS).digest == decode(saved(fine, "TIFF"), LIMITS).digest
    clear = icon(5, 5, 20, 20)
    assert decode(saved(clear, "PNG"), LIMITS).digest == decode(saved(clear, "TIFF"), LIMITS).digest
    opaque = Image.new("RGBA", (40, 40), "red")
    assert decode(saved(opaque, "PNG"), LIMITS).digest == decode(saved(opaque.convert("RGB"), "BMP"), LIMITS).digest


@pytest.mark.parametrize("high", [1.0, 255.0, 65535.0])
def test_floats_are_scaled_by_their_white_point(high):
    values = np.linspace(0, high, 256, dtype=np.float32).reshape(16, 16)
    found = np.asarray(decode(saved(Image.fromarray(values), "TIFF"), LIMITS).rgb)[:, :, 0]
    assert found.min() == 0
    assert found.max() == 255


def test_what_is_transparent_is_white():
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert decode(saved(image, "PNG"), LIMITS).rgb.getpixel((3, 3)) == (255, 255, 255)
    keyed = Image.new("RGB", (8, 8), (1, 2, 3))
    assert decode(saved(keyed, "PNG", transparency=(1, 2, 3)), LIMITS).rgb.getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize(("shade", "ground"), [(255, 128), (250, 128), (240, 255), (128, 255), (0, 255)])
def test_what_white_ground_would_hide_is_laid_on_grey(mode, shade, ground):
    image = Image.new("RGBA", (64, 64), (shade, shade, shade, 0))
    ImageDraw.Draw(image).ellipse((16, 16, 48, 48), fill=(shade, shade, shade, 255))
    found = decode(saved(image.convert(mode), "PNG"), LIMITS).rgb
    assert found.getpixel((2, 2)) == (ground,) * 3
    assert found.getpixel((32, 32)) == (shade,) * 3
    statistics = np.array([measure_statistics(found, *found.size)], STATISTICS)
    assert not find_flaws(statistics)["low_information"].mask.any()


@pytest.mark.parametrize("alpha", [0, 100, 255])
def test_white_of_one_transparency_hides_nothing_and_stays_white(alpha):
    image = Image.new("RGBA", (64, 64), (255, 255, 255, alpha))
    assert decode(saved(image, "PNG"), LIMITS).rgb.getcolors() == [(64 * 64, (255, 255, 255))]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_the_exif_orientation_is_applied(orientation, kind):
    upright = picture(2).crop((0, 0, 48, 30))
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright.transpose(back) if back is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    found = decode(saved(stored, kind, exif=exif, **options), LIMITS)
    assert (found.width, found.height) == (48, 30)
    assert np.array_equal(np.asarray(found.rgb), np.asarray(upright))
    assert found.digest == decode(saved(upright, "PNG"), LIMITS).digest


def test_equal_pixels_have_equal_digests_and_other_shapes_have_not():
    image = picture(3)
    assert decode(saved(image, "PNG"), LIMITS).digest == decode(saved(image, "BMP"), LIMITS).digest
    flat = [Image.new("RGB", size, "grey") for size in ((64, 32), (32, 64))]
    assert len({decode(saved(f, "PNG"), LIMITS).digest for f in flat}) == 2


def test_a_large_jpeg_is_reduced_and_known_again_without_its_metadata():
    large = picture(4, 900)
    exif = Image.Exif()
    exif[0x010E] = "a description"
    with_exif, without = saved(large, "JPEG", exif=exif), saved(large, "JPEG")
    found = decode(with_exif, LIMITS)
    assert max(found.rgb.size) < 900
    assert (found.width, found.height) == (900, 900)
    assert found.digest == decode(without, LIMITS).digest
    assert found.digest != decode(saved(large, "JPEG", quality=60), LIMITS).digest


@pytest.mark.parametrize("side", [60, 900])
@given(st.binary(max_size=400))
def test_what_follows_a_jpeg_is_no_part_of_it(side, trailer):
    data = saved(picture(4, side), "JPEG")
    for more in (trailer, trailer + b"\xff\xda", b"\xff\xd8\xff" + trailer):
        assert decode(data + more, LIMITS).digest == decode(data, LIMITS).digest


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"restart_marker_rows": 1}, {"quality": 100}, {"comment": b"\xff\xd9"}]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_any_whole_jpeg_is_read_and_no_cut_one(options, mode):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 80, 3), np.uint8)).convert(mode)
    thumbnail = Image.Exif()
    thumbnail[0x010E] = "\xff\xd8\xff\xda\xff\xd9".encode("latin-1")
    data = saved(noise, "JPEG", exif=thumbnail, **options)
    assert decode(data, LIMITS).width == 80
    for cut in range(700, len(data), max(1, len(data) // 40)):
        with pytest.raises(Unreadable):
            decode(data[:cut], LIMITS)


def test_of_several_jpegs_in_a_file_all_that_are_there_must_be_whole():
    data = saved(picture(4), "MPO", save_all=True, append_images=[picture(5)])
    assert decode(data, LIMITS).format == "MPO"
    assert decode(data + b"\xff\xda", LIMITS).digest == decode(data, LIMITS).digest
    alone = data.index(b"\xff\xd9") + 2
    assert decode(data[:alone], LIMITS).digest == decode(data, LIMITS).digest
    for cut in (len(data) - 20, alone + 100, alone - 1):
        with pytest.raises(Unreadable, match="truncated"):
            decode(data[:cut], LIMITS)


@pytest.mark.parametrize("orientation", [0, 9, 1000, 65535])
@pytest.mark.parametrize("side", [60, 900])
def test_an_orientation_that_there_is_not_is_upright(orientation, side):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = picture(4, side)
    assert decode(saved(image, "JPEG", exif=exif), LIMITS).digest == decode(saved(image, "JPEG"), LIMITS).digest


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_metadata_is_no_damaged_picture(kind):
    image = picture(4)
    options = {"lossless": True} if kind == "WEBP" else {}
    found = decode(saved(image, kind, exif=b"Exif\0\0garbage", **options), LIMITS)
    assert found.digest == decode(saved(image, kind, **options), LIMITS).digest


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_unreadable_wherever_it_was_cut(kind, share):
    data = saved(picture(5, 300), kind)
    with pytest.raises(Unreadable):
        decode(data[: int(len(data) * share)], LIMITS)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_what_a_phone_appends_to_a_jpeg_is_no_part_of_the_picture(options):
    whole = saved(picture(7, 700), "JPEG", **options)
    alone = decode(whole, LIMITS)
    for video in (b"\0\0\0\x18ftypmp42\xff\xda and no end", b"\xff\xda\xff\xd9\xff\xda", b"\0" * 9):
        assert decode(whole + video, LIMITS).digest == alone.digest
    with pytest.raises(Unreadable, match="the end marker is missing"):
        decode(whole[: len(whole) // 2], LIMITS)


@pytest.mark.parametrize(("kind", "options"), [("WEBP", {}), ("TIFF", {"compression": "tiff_lzw"})])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_said_to_be_truncated(kind, options, share):
    data = saved(picture(5, 300), kind, **options)
    with pytest.raises(Unreadable, match="^truncated: "):
        decode(data[: int(len(data) * share)], LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_even_the_last_bytes_are_missed(kind):
    data = saved(picture(5), kind)
    for missing in (1, 2, 5):
        with pytest.raises(Unreadable, match="truncated|damaged"):
            decode(data[:-missing], LIMITS)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"<!doctype html><html>404</html>", "web page"),
        (b"\0" * 100, "all bytes are zero"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b'{"error": "not found"}', "not an image: the file holds text"),
        ("grün".encode() * 300, "not an image: the file holds text"),
        ("grün".encode("latin-1"), "not an image, or a damaged header"),
        (b"%PDF-1.7\n\xe2\xe3", "the file holds a PDF"),
        (b"PK\x03\x04\x14\0", "the file holds a ZIP archive"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41", "the file holds a video"),
        (b"\0\0\0\x18ftypmsf1\0\0\0\0mif1heic", "HEIC cannot be decoded here"),
        (b"\xff\x0a\xfa\x7f\x01\x90", "JPEG XL cannot be decoded here"),
        (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ", "JPEG XL cannot be decoded here"),
        (b"\x89PNG\r\n\x1a\n", "not an image, or a damaged header"),
    ],
)
def test_the_reason_says_what_the_file_is_instead(data, reason):
    with pytest.raises(Unreadable, match=reason):
        decode(data, LIMITS)


def test_no_program_that_is_called_like_an_image_is_run():
    with pytest.raises(Unreadable, match="PostScript, which is not run"):
        decode(saved(picture(1), "EPS"), LIMITS)


def test_limits_refuse_large_files_and_large_pictures():
    with pytest.raises(Unreadable, match="more than 1 MB"):
        decode(b"x" * 1_000_001, Limits(megabytes=1))
    with own_decoder(LIMITS), pytest.raises(Unreadable, match="2000 x 1000 pixels, more than 1 megapixels"):
        decode(saved(Image.new("1", (2000, 1000)), "PNG"), Limits(megapixels=1))


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    with own_decoder(LIMITS), pytest.raises(Unreadable, match="too large"):
        decode(saved(Image.new("1", (30_000, 20_000)), "PNG"), LIMITS)


@pytest.fixture
def lenient(monkeypatch):
    """A program that lets Pillow do what it likes, as training scripts do."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "TGA"])
def test_what_a_program_has_set_in_pillow_changes_no_picture(lenient, kind):
    data = saved(picture(5), kind)
    with own_decoder(LIMITS):
        assert decode(data, LIMITS).width == 64
        with pytest.raises(Unreadable, match="truncated"):
            decode(data[: len(data) // 2], LIMITS)
    assert (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS) == (True, 1000)


def test_limits_beyond_those_of_pillow_hold():
    wide = Limits(megapixels=600)
    data = saved(Image.new("1", (30_000, 10_000)), "PNG")
    with own_decoder(wide), Image.open(io.BytesIO(data)) as image:
        assert image.size == (30_000, 10_000)
    with own_decoder(LIMITS), pytest.raises(Unreadable, match="too large"):
        decode(data, LIMITS)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damage_escapes_as_anything_but_a_reason(data):
    good = bytearray(
        data.draw(st.sampled_from([saved(picture(6, 40), k) for k in ("JPEG", "PNG", "GIF", "TIFF", "WEBP")]))
    )
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with own_decoder(LIMITS):
        try:
            found = decode(bytes(good), LIMITS)
        except Unreadable as reason:
            assert str(reason)
        else:
            assert found.rgb.mode == "RGB"


def test_squash_keeps_the_whole_picture():
    wide = Image.new("RGB", (200, 50), "black")
    wide.paste("white", (100, 0, 200, 50))
    small = squash(wide, 16)
    assert small.shape == (16, 16, 3)
    assert small[:, :6].max() < 40
    assert small[:, 10:].min() > 215


def test_the_helper_of_the_tests_is_deterministic():
    assert encoded(1) == encoded(1)
    assert encoded(1) != encoded(2)


@given(
    frames=st.integers(1, 4),
    share=st.floats(0.02, 0.999),
    options=st.sampled_from([{}, {"optimize": True}, {"loop": 0}]),
)
@settings(deadline=None, max_examples=40)
def test_an_animated_gif_is_read_whole_and_not_cut_anywhere(frames, share, options):
    pictures = [picture(seed) for seed in range(frames)]
    data = saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:], comment=b"!,;", **options)
    assert decode(data, LIMITS).width == 64
    assert decode(data + b"anything", LIMITS).width == 64
    with pytest.raises(Unreadable):
        decode(data[: int(share * (len(data) - 1))], LIMITS)
