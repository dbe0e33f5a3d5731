//! What a page on paper promises.

use aftercare_report::{About, Fonts, HAS_PDF, PdfError, data_uri, pdf};

fn about() -> About {
    About {
        author: "Example".to_owned(),
        made_at_ms: 1_795_737_600_000,
        missing: "Characters without a shape:".to_owned(),
    }
}

/// A gray PNG of one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0aIDAT\x78\xda\x63\x68\x00\x00\x00\x82\x00\x81\xda\x45\x08\x3b\x00\x00\x00\x00IEND\xae\x42\x60\x82";

fn page(picture: &[u8]) -> String {
    let picture = data_uri(picture);
    format!(
        r#"<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>材料 · 1</title></head><body><main>
        <p class="note">演练</p><h1>材料</h1><ol><li>第一</li><li>第二</li></ol>
        <section class="card"><h2>当事人</h2><dl><dt>买家</dt><dd>王** <span class="fill">&nbsp;</span></dd></dl></section>
        <h2>证据</h2><table><thead><tr><th>编号</th><th>名称</th></tr></thead><tbody><tr><th>E-1</th><td>照片<br>image/jpeg</td></tr></tbody></table>
        <h3>E-1</h3><div class="pics"><figure><img src="{picture}" alt="照片"><figcaption>副本</figcaption></figure>
        <figure><div class="over"><img src="{picture}" alt=""><img src="{picture}" alt="何处"></div><figcaption>何处</figcaption></figure></div>
        <article class="sheet"><h2>附页</h2><blockquote>陈述</blockquote></article></main></body></html>"#
    )
}

#[test]
fn a_build_without_pdf_says_how_to_get_it() {
    if !HAS_PDF {
        let error = pdf(&page(PIXEL), &about(), &Fonts::default()).unwrap_err();
        assert_eq!(error, PdfError::NotBuilt);
        assert!(error.to_string().contains("--features full"));
    }
}

#[test]
fn the_same_page_is_the_same_file_of_an_archivable_kind() {
    if HAS_PDF {
        let [one, two] = [0, 1].map(|_| pdf(&page(PIXEL), &about(), &Fonts::default()).unwrap());
        assert!(one.bytes.starts_with(b"%PDF-1.7"));
        assert_eq!(one.bytes, two.bytes);
        assert_eq!((one.pages, one.missing.as_slice()), (2, &[][..]));
        let text = String::from_utf8_lossy(&one.bytes);
        for wanted in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfuaid:part>1</pdfuaid:part>",
            "/MarkInfo",
        ] {
            assert!(text.contains(wanted), "{wanted}");
        }
    }
}

#[test]
fn a_picture_that_is_none_is_an_error_in_words() {
    if HAS_PDF {
        let error = pdf(&page(b"no picture"), &about(), &Fonts::default()).unwrap_err();
        assert!(matches!(error, PdfError::Layout(_)), "{error}");
        assert!(
            error.to_string().contains("could not be laid out"),
            "{error}"
        );
    }
}
