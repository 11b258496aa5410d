//! What the record cannot say, and what integrity does not prove. Each stands in every report.

super::texts! {
    // Of the record.
    CADT: "A CADT operation whose id was never handed over: the cloud gives no list of them, and an id expires after one hour.",
        "从未提供 ID 的云速搭 CADT 操作：云端不提供列表，且操作 ID 在一小时后失效。";
    DNS: "A DNS batch task that was not watched by its id and that another one followed between two looks: the cloud answers with the account's last task.",
        "未按 ID 监视、且在两次观测之间被后续任务取代的 DNS 批量任务：云端只返回账号的最近一次任务。";
    REVERSAL: "A change and its reversal between two looks.", "两次观测之间发生又被撤销的变更。";
    MOMENT: "The exact moment of a change: it lies between two looks, and the two are given.", "变更的确切时刻：位于两次观测之间，报告给出这两次观测的时间。";
    INITIATOR: "Who started an operation: the cloud's answers do not say. ActionTrail does; the command optrail export requests gives the RequestIds and times of our own calls for comparison.",
        "操作的发起者：云端应答中没有此信息。操作审计中有；使用 optrail export requests 可导出自身调用的请求 ID 和时间以便核对。";
    NOT_WATCHED: "Anything that was not watched: other accounts, regions and services, and operations that began and ended before a watch was added.",
        "未被监视的内容：其他账号、地域和云服务，以及在添加监视项之前已开始并结束的操作。";
    PROVIDER: "Whether what the cloud answered was true.", "云端应答的内容是否属实。";
    RESOURCES: "What an operation did to the resources behind it: recorded is what the cloud says of the operation.",
        "操作对其资源实际产生的影响：记录的是云端对操作的说明。";
    AFTER: "Anything after the newest evidence, {end}.", "最新证据的时间 {end} 之后的任何情况。";
    AFTER_NOTHING: "Anything at all: there is no evidence yet.", "任何情况：尚无证据。";

    // Of integrity.
    ORIGIN: "That an answer is Alibaba Cloud's: answers are not signed, and TLS leaves nothing that a third party could check. RequestIds can be checked with Alibaba Cloud and ActionTrail.",
        "应答确由阿里云发出：应答没有签名，TLS 也不留下可供第三方核验的凭据。请求 ID 可向阿里云或在操作审计中核对。";
    NEVER_COLLECTED: "That nothing was left out before it was recorded, by somebody who controls the machine from the start.",
        "从一开始就控制本机的人，没有在记录之前略去任何内容。";
    AFTER_CHECKPOINT: "Anything after the last checkpoint that somebody else holds.", "他人持有的最后一个检查点之后的任何内容。";
    TIME: "Exact times: they are of this machine's clock, exact only as far as its difference from the cloud's is known.",
        "确切的时间：时间取自本机时钟，仅在其与云端时钟的偏差已知的范围内可信。";
    TRUTH: "That what the cloud said is true.", "云端所述内容属实。";
}
