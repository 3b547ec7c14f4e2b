"""Which sweep fits these data? The draft of a sweep file, with a reason for each choice."""
