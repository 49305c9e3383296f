@cap:shared-eni
Feature: Which nodes may join
  A shared node joins only when it can serve more than 11 pods.

  @req:ADM-1
  Scenario Outline: A node of limit 12 joins, one of limit <limit> does not
    The refused node gets no network configuration and no interface, and the
    refusal tells its limit and the threshold.

    Given a node "n1" of type "plumbline.odd.limit-12"
    And a node "n2" of type "<type>" that asks to join
    Then "n1" is admitted
    And "n2" is refused, unlike "n1", and told "<limit>, 11"

    Examples:
      | limit | type                   |
      | 11    | plumbline.odd.limit-11 |
      | 10    | plumbline.odd.limit-10 |
      | 0     | plumbline.odd.eni-1    |
