"""What an item asks for beside its papers (事项表单): data, checked, with a JSON Schema."""
