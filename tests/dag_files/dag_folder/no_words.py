raise RuntimeError("without both words this file is never looked at: only one of them stands here, dag")
