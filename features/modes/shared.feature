@cap:shared-eni
Feature: Shared interfaces
  Several pods share a secondary interface; the primary one is the node's own.

  @req:MOD-1
  Scenario: Pods share secondary interfaces
    Given a node "n1"
    And 5 pods on "n1"
    Then all pods of "n1" are on its secondary interfaces, 3 or more on one

  @req:MOD-2
  Scenario: The primary interface serves no pod
    Given the cloud sells type "plumbline.test.four-by-five" with 4 interfaces of 5 addresses
    And a node "n1" with:
      | type | plumbline.test.four-by-five |
    And the state of the cloud is noted
    And 15 pods on "n1"
    Then the primary interface of "n1" is as it was and carries no pod

  @req:MOD-6
  Scenario Outline: An interface of the user is left untouched, told by <told>
    Given a node "n1" with:
      | <key> | <value> |
    And the user plugs an interface of his own, tagged "owner=me", into "n1"
    And 8 pods on "n1"
    Then the user's interface is as it was, in the cloud and on "n1"

    Examples:
      | told                    | key                       | value                            |
      | a filter on our tags    | config eni_tag_filter     | {"creator": "terway"}            |
      | a list of tags to block | config eni_tag_block_list | [{"key":"owner","value":"me"}]   |
