extension Architecture {
    /// BERT and its kin: sentence encoders, with or without a masked-language head.
    static let bert = Architecture(
        name: "bert",
        modelTypes: [
            "bert", "roberta", "xlm-roberta", "distilbert", "electra", "mpnet", "nomic-bert", "camembert", "deberta",
        ],
        tables: [
            ("embeddings.word_embeddings.weight", .inputEmbedding),
            ("embeddings.position_embeddings.weight", .positionEmbedding),
            ("embeddings.token_type_embeddings.weight", .typeEmbedding),
            ("cls.predictions.decoder.weight", .outputHead),
            ("lm_head.decoder.weight", .outputHead),
            ("token_embd.weight", .inputEmbedding),
            ("position_embd.weight", .positionEmbedding),
            ("token_types.weight", .typeEmbedding),
        ],
        tiesByDefault: true
    )
}
