//! The regions of an account, as DescribeRegions names them. Pure.

use crate::sandbox::answer::{Object, Value};
use crate::sandbox::call::RegionLanguage;

/// The regions that an account has unless told otherwise.
pub const DEFAULT_REGIONS: [&str; 6] = [
    "cn-hangzhou",
    "cn-beijing",
    "cn-shanghai",
    "cn-shenzhen",
    "ap-southeast-1",
    "eu-central-1",
];

/// Names in Chinese, English and Japanese.
const NAMES: [(&str, [&str; 3]); 6] = [
    (
        "cn-hangzhou",
        ["华东1（杭州）", "China (Hangzhou)", "中国 (杭州)"],
    ),
    (
        "cn-beijing",
        ["华北2（北京）", "China (Beijing)", "中国 (北京)"],
    ),
    (
        "cn-shanghai",
        ["华东2（上海）", "China (Shanghai)", "中国 (上海)"],
    ),
    (
        "cn-shenzhen",
        ["华南1（深圳）", "China (Shenzhen)", "中国 (深セン)"],
    ),
    ("ap-southeast-1", ["新加坡", "Singapore", "シンガポール"]),
    (
        "eu-central-1",
        [
            "德国（法兰克福）",
            "Germany (Frankfurt)",
            "ドイツ (フランクフルト)",
        ],
    ),
];

/// The body of DescribeRegions.
pub(super) fn answer(regions: &[String], language: RegionLanguage) -> Object {
    let regions = regions.iter().map(|region_id| {
        Value::from(
            Object::new()
                .with("RegionId", region_id)
                .with("LocalName", local_name(region_id, language))
                .with("RegionEndpoint", "ros.aliyuncs.com"),
        )
    });
    Object::new().with("Regions", Value::List(regions.collect()))
}

/// A region without a name bears its id.
fn local_name(region_id: &str, language: RegionLanguage) -> String {
    let found = NAMES.iter().find(|(id, _)| *id == region_id);
    let name = found.map(|(_, [chinese, english, japanese])| match language {
        RegionLanguage::Chinese => *chinese,
        RegionLanguage::English => *english,
        RegionLanguage::Japanese => *japanese,
    });
    name.unwrap_or(region_id).to_owned()
}
